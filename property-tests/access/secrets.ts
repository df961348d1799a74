/** The secrets of the tests' company: what is searched for in whatever any test says. */

export const firstKey = "first-key-0123456789abcdef";
export const webhookSecret = "whsec_access_tests_only";
