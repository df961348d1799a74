/** Stripe pushes no stream: its webhooks, and re-reads, are all there is. */
export {};
