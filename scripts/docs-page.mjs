// The browser's part of scripts/test-docs-page.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [base, screenshots] = process.argv.slice(2);
const origin = new URL(base).origin;
const profile = mkdtempSync(join(tmpdir(), "docs-page-"));
const flags = [
  "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM, headless: true, chromiumSandbox: false, args: flags,
  viewport: { width: 1280, height: 900 },
});

const problems = [];
const page = await context.newPage();
page.on("console", (message) => {
  if (["error", "warning"].includes(message.type())) problems.push(`console: ${message.text()}`);
});
page.on("pageerror", (error) => problems.push(`page: ${error.message}`));
page.on("request", (request) => {
  const target = new URL(request.url());
  if (target.protocol !== "data:" && target.origin !== origin) problems.push(`left the server: ${target}`);
});
page.on("requestfailed", (request) => problems.push(`failed: ${request.url()}`));

try {
  await look("c2a", "C2A customers");
  await call("/validate", /^200[^]*SUCCESS/);
  await look("partner", "Partner customers");
  await call("/v1/Customers", /^20[01]/);
  await page.setViewportSize({ width: 390, height: 844 });
  await look("c2a", "C2A customers");
  await call("/validate", /^200[^]*SUCCESS/);
  await fits();
  await look("partner", "Partner customers");
  await call("/v1/Customers", /^20[01]/);
  await fits();
  assert.deepEqual(problems, []);
  console.log("The docs page works: two documents, a call of each, no error, nothing left the server.");
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}

/** Opens a document, which has to show every operation of its JSON. */
async function look(name, title) {
  const operations = await countOperations(name);
  await page.goto(`${base}/docs/?document=${name}`);
  await page.getByRole("heading", { name: title }).waitFor();
  await page.locator(".opblock").nth(operations - 1).waitFor();
  assert.equal(await page.locator(".opblock").count(), operations);
  await shoot(name);
}

async function countOperations(name) {
  const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
  const { paths } = await (await fetch(`${base}/openapi/${name}.json`)).json();
  const found = Object.values(paths).flatMap((path) => Object.keys(path)).filter((key) => methods.includes(key));
  assert.ok(found.length > 0, `${name}: no operations`);
  return found.length;
}

/** Sends the first request of a path, with nothing filled in by hand. */
async function call(path, expected) {
  const operation = page.locator(".opblock-post", { hasText: path }).first();
  await operation.locator(".opblock-summary-control").click();
  await operation.getByRole("button", { name: "Execute" }).click();
  const answer = operation.locator(".live-responses-table .response").first();
  await answer.waitFor();
  assert.match(await answer.innerText(), expected);
  await operation.scrollIntoViewIfNeeded();
  await shoot(`call${path.replaceAll("/", "-")}`);
}

async function fits() {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} px wider than a phone`);
}

async function shoot(name) {
  if (!screenshots) return;
  const { width } = page.viewportSize();
  await page.screenshot({ path: join(screenshots, `${name}-${width}.png`), fullPage: name.startsWith("call") });
}
