/** Whether accounts may be watched: on in the sandbox, which answers this machine alone; elsewhere only when asked for. *Pure.* */

export type InspectSetting = { readonly enabled: boolean } | { readonly problem: string };

/** Of `TIEOUT_INSPECT`. */
export const inspectSetting = (text: string | undefined, sandbox: boolean): InspectSetting => {
  switch (text?.trim().toLowerCase() ?? "") {
    case "":
      return { enabled: sandbox };
    case "on":
      return { enabled: true };
    case "off":
      return { enabled: false };
    default:
      return {
        problem: `TIEOUT_INSPECT: ${JSON.stringify(text)} is neither "on" nor "off"; leave it out for the default`,
      };
  }
};
