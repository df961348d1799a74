export const scale = async () => ({});
