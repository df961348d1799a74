export const replay = async () => ({});
