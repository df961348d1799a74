/** That a route will go away: stated beside it, told to its callers. *Pure.* */

export interface Deprecated {
  /** Instants of ISO 8601. */
  readonly since: string;
  readonly sunset: string;
  /** A page that says what to use instead. */
  readonly link: string;
}
