/** NetSuite pushes no stream, so its simulator has none. */
export {};
