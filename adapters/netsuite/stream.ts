/** NetSuite pushes no stream: its webhooks and its poll are all there is. */
export {};
