/** Whether a request comes from a page of another origin. A browser names its page; other clients name none. *Pure.* */
export const isForeign = (origin: string | undefined, host: string): boolean => {
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host.toLowerCase() !== host.toLowerCase();
};
