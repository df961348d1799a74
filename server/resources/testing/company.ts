/** A company that has an object of every kind that billing reports, told by signed webhooks and echoed by the ERP. */
import { makeWorld, type World, type WorldOptions } from "../../testing/world.ts";

export interface Company {
  readonly world: World;
  /** Customers with everything. */
  readonly customers: ReadonlyArray<string>;
  readonly invoices: ReadonlyArray<string>;
}

export const makeCompany = async (customers: number, options: WorldOptions = {}): Promise<Company> => {
  const world = await makeWorld(options);
  const { operations } = world.stripe;
  const made: string[] = [];
  const invoices: string[] = [];
  for (let i = 0; i < customers; i++) {
    const customer = operations.createCustomer({ name: `Shop ${i}`, email: `shop${i}@x.test` });
    const subscription = operations.createSubscription({ customer, amountMinor: 10_000 });
    const paid = operations.createInvoice({ subscription });
    operations.finalizeInvoice(paid);
    const charge = operations.payInvoice(paid)!;
    operations.refundCharge(charge, { amountMinor: 1000 });
    operations.createCreditNote({ invoice: paid, amountMinor: 1000, settle: "balance" });
    const disputed = operations.createInvoice({ customer, amountMinor: 5000 });
    operations.finalizeInvoice(disputed);
    operations.openDispute(operations.payInvoice(disputed)!);
    const open = operations.createInvoice({ customer, amountMinor: 700 + i });
    operations.finalizeInvoice(open);
    made.push(customer);
    invoices.push(paid, disputed, open);
  }
  await world.deliver();
  await world.echo();
  return { world, customers: made, invoices };
};
