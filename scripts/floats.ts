/**
 * The lint against floats: no arithmetic that can leave the whole numbers comes near an amount. Amounts are whole minor units, and what is
 * finer is a fraction of `domain/rating/rational.ts`. `node --import tsx scripts/floats.ts` prints what it finds and exits 1.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";
import { filesOf } from "./rules.ts";

export interface Finding {
  readonly file: string;
  readonly line: number;
  /** The expression, on one line. */
  readonly code: string;
  readonly what: string;
}

/** Here every number is whole, amount or not. */
const strict = /^(domain|machines)\//;
/** The exact arithmetic itself: on bigint, and from it back to whole minor units. */
const exact: ReadonlySet<string> = new Set(["domain/money.ts", "domain/rating/rational.ts"]);

/** `file: code` of what looks like a float near an amount and is none, with the reason. */
export const exceptions: Readonly<Record<string, string>> = {
  'adapters/stripe/simulator-state.ts: Math.round(Number(find("price", price).unitAmount) * quantity)':
    "the simulator is Stripe: it rounds a line as Stripe does, from a unit amount that may be finer than a cent",
  "adapters/stripe/simulator-state.ts: Math.round((amount * 29) / 1000)":
    "the simulator is Stripe: its fee of 2.9 per cent is what it says it is",
  "adapters/stripe/simulator.ts: Number(o.unitAmount)":
    "the simulator is Stripe: it prints a unit amount that is finer than a cent as text alone",
};

const amountName =
  /(Minor|Amounts?|Prices?|Balance|Fees?|Tax|Revenue|Discount|Ssp|Mrr|Arr)$|^(amounts?|prices?|balance|fees?|tax|revenue|discount|ssp|mrr|arr|minor)$/;
/** One or minus one. */
const signName = /^by$|[sS]ign(Of)?$/;
/** Already whole minor units, be it as bigint or out of JSON. */
const wholeName = /Minor$|^minor$/;

const bare = (node: ts.Expression): ts.Expression =>
  ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node) || ts.isAsExpression(node)
    ? bare(node.expression)
    : node;

/** The name that says what a value is: of a variable, a property, or the function that gives it. */
const nameOf = (node: ts.Expression): string | null => {
  const plain = bare(node);
  if (ts.isIdentifier(plain)) return plain.text;
  if (ts.isPropertyAccessExpression(plain)) return plain.name.text;
  if (ts.isElementAccessExpression(plain))
    return ts.isStringLiteral(plain.argumentExpression) ? plain.argumentExpression.text : nameOf(plain.expression);
  if (ts.isCallExpression(plain)) return nameOf(plain.expression);
  if (ts.isPrefixUnaryExpression(plain)) return nameOf(plain.operand);
  return null;
};

/** An amount, or arithmetic on one. */
const isAmount = (node: ts.Expression): boolean => {
  const plain = bare(node);
  if (ts.isBinaryExpression(plain)) return isAmount(plain.left) || isAmount(plain.right);
  if (ts.isConditionalExpression(plain)) return isAmount(plain.whenTrue) || isAmount(plain.whenFalse);
  if (ts.isCallExpression(plain) && plain.arguments.length === 1 && /^(Number|abs|BigInt)$/.test(nameOf(plain) ?? ""))
    return isAmount(plain.arguments[0]!);
  return amountName.test(nameOf(plain) ?? "");
};

/** Written so that it can only be a bigint: then division is whole, and a mix with numbers does not compile. */
const isBigint = (node: ts.Expression): boolean => {
  const plain = bare(node);
  if (ts.isBigIntLiteral(plain)) return true;
  if (ts.isBinaryExpression(plain)) return isBigint(plain.left) || isBigint(plain.right);
  if (ts.isPrefixUnaryExpression(plain)) return isBigint(plain.operand);
  return ts.isCallExpression(plain) && nameOf(plain) === "BigInt";
};

const isSign = (node: ts.Expression): boolean => {
  const plain = bare(node);
  if (ts.isConditionalExpression(plain)) return isSign(plain.whenTrue) && isSign(plain.whenFalse);
  if (ts.isPrefixUnaryExpression(plain)) return isSign(plain.operand);
  return (ts.isNumericLiteral(plain) && plain.text === "1") || signName.test(nameOf(plain) ?? "");
};

const times: ReadonlySet<ts.SyntaxKind> = new Set([ts.SyntaxKind.AsteriskToken, ts.SyntaxKind.AsteriskEqualsToken]);
const over: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.SlashToken,
  ts.SyntaxKind.SlashEqualsToken,
  ts.SyntaxKind.AsteriskAsteriskToken,
  ts.SyntaxKind.AsteriskAsteriskEqualsToken,
]);

/** What is wrong with one expression; null: nothing. */
const wrongOf = (node: ts.Node, file: string): string | null => {
  const whole = strict.test(file);
  if (ts.isNumericLiteral(node) && whole && !Number.isInteger(Number(node.text))) return "a number with a fraction";
  if (ts.isBinaryExpression(node) && (times.has(node.operatorToken.kind) || over.has(node.operatorToken.kind))) {
    const { left, right } = node;
    if (isBigint(left) || isBigint(right)) return null;
    const power = [left, right].some((side) => ts.isNumericLiteral(bare(side)) && /^10+$/.test(bare(side).getText()));
    if (whole && power) return "a scale of ten, which the currency decides";
    if (exact.has(file) || !(isAmount(left) || isAmount(right))) return null;
    if (times.has(node.operatorToken.kind) && (isSign(left) || isSign(right))) return null;
    return times.has(node.operatorToken.kind)
      ? "an amount is multiplied as a number"
      : "an amount is divided as a number";
  }
  if (!ts.isCallExpression(node)) return null;
  const name = nameOf(node) ?? "";
  if (/^(parseFloat|toFixed|toPrecision|toExponential|fround)$/.test(name) && whole) return `${name} makes a float`;
  if (name === "round" && whole && node.expression.getText().startsWith("Math.")) return "Math.round rounds a float";
  if (exact.has(file)) return null;
  const of = ts.isPropertyAccessExpression(node.expression) ? node.expression.expression : null;
  const given = [
    ...node.arguments,
    ...(of === null || of.getText() === "Math" || of.getText() === "Number" ? [] : [of]),
  ];
  const rounds = /^(round|floor|ceil|trunc)$/.test(name) && of?.getText() === "Math";
  const reads = /^(parseFloat|toFixed|toPrecision|toExponential|fround)$/.test(name);
  const converts = name === "Number" && of === null;
  const amounts = given.filter((each) => !isBigint(each) && isAmount(each));
  if ((rounds || reads) && amounts.length > 0) return `${rounds ? "Math." : ""}${name} of an amount`;
  if (converts && amounts.some((each) => !wholeName.test(nameOf(each) ?? ""))) return "Number of an amount";
  return null;
};

export const floatsIn = (file: string, text: string): ReadonlyArray<Finding> => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const found: Finding[] = [];
  const visit = (node: ts.Node): void => {
    const what = wrongOf(node, file);
    if (what !== null) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push({ file, line, code: node.getText().replaceAll(/\s+/g, " "), what });
    } else ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
};

const isProduct = (file: string): boolean =>
  /^(domain|machines|adapters|server)\/.*\.ts$/.test(file) &&
  !/\.(test|contract|child)\.ts$|\/contract\/|\/testing\//.test(file);

/** What is not excepted, and exceptions of what is no longer there; each a line. */
export const floats = (root: string): ReadonlyArray<string> => {
  const all = filesOf(root)
    .filter(isProduct)
    .flatMap((file) => floatsIn(file, readFileSync(join(root, file), "utf8")));
  const keys = new Set(all.map(({ file, code }) => `${file}: ${code}`));
  return [
    ...all
      .filter(({ file, code }) => !Object.hasOwn(exceptions, `${file}: ${code}`))
      .map(({ file, line, code, what }) => `${file}:${line}: ${what}: ${code}`),
    ...Object.keys(exceptions)
      .filter((key) => !keys.has(key))
      .map((key) => `scripts/floats.ts excepts what is not there: ${key}`),
  ];
};

const main = (): void => {
  const found = floats(fileURLToPath(new URL("..", import.meta.url)));
  for (const line of found) console.error(line);
  if (found.length > 0) {
    console.error(
      "amounts are whole minor units; use sumMinor and splitMinor (domain/money.ts) or fractions (domain/rating/rational.ts).\n" +
        "What is no amount, or whole in truth, is excepted in scripts/floats.ts with its reason.",
    );
    process.exitCode = 1;
  }
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main();
