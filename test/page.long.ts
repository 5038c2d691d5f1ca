/** The pages of `check` and `prove` in a real browser: nothing of a stranger runs, they can be read by anybody, and `check`'s filters. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { PROVEN, proofReport } from '../src/report/proof.fixture.ts';
import { renderProofReport } from '../src/report/proof-format.ts';
import { hostilePod, reportOf } from '../src/report/result.fixture.ts';
import { styleFor } from '../src/report/style.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const skip = CHROMIUM === undefined && 'no Chromium here: apt-get install chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** A workload each, in three namespaces; every third is worse than the others. */
const WORKLOADS = 5_000;
/** Generous: a slow machine takes a few seconds. */
const LOAD_MS = 60_000;

let browser: Browser;
let folder: string;

before(async () => {
  if (CHROMIUM === undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'petrify-page-'));
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
});

after(async () => {
  if (CHROMIUM === undefined) return;
  await browser.close();
  await rm(folder, { recursive: true });
});

function workload(index: number): string {
  const root = index % 3 === 0 ? '' : ', readOnlyRootFilesystem: true, privileged: true, runAsUser: 0';
  return `apiVersion: v1
kind: Pod
metadata: { name: web-${index}, namespace: space-${index % 3} }
spec: { containers: [{ name: web, image: "registry.example/web:${index}", securityContext: { allowPrivilegeEscalation: true${root} } }] }
`;
}

async function pageOf(
  html: string,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<{ page: Page; said: string[] }> {
  const file = join(folder, 'report.html');
  await writeFile(file, html);
  const page = await browser.newPage(options);
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('dialog', (dialog) => said.push(`dialog ${dialog.message()}`));
  page.on('request', (request) => {
    if (!request.url().startsWith('file:')) said.push(`request ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href, { timeout: LOAD_MS });
  return { page, said };
}

const shownIn = (page: Page): Promise<number> => page.locator('main > article:not([hidden])').count();

test('nothing of a stranger runs, loads or becomes an element', { skip }, async () => {
  const hostile = [
    '<img src=x onerror=alert(1)>',
    '</script><script>alert(2)</script>',
    '"><svg onload=alert(3)>',
    "' autofocus onfocus='alert(4)",
    '</title></style></textarea><iframe src=http://localhost:1/>',
  ];
  const { page, said } = await pageOf(await reportOf('html', hostile.map(hostilePod)));
  assert.deepEqual(said, []);
  assert.equal(await shownIn(page), hostile.length);
  assert.equal(await page.locator('img, svg, iframe, [onerror], [onload], [onfocus]').count(), 0);
  const titles = await page.locator('main h2').allTextContents();
  for (const [index, name] of hostile.entries()) assert.ok(titles[index]!.startsWith(`Pod ${name}/${name}`));
  // The policy of the page, should something ever come through.
  await page.evaluate(() => {
    const document = Reflect.get(globalThis, 'document');
    const script = document.createElement('script');
    script.textContent = 'globalThis.came = true';
    document.body.append(script);
  });
  assert.equal(await page.evaluate(() => Reflect.get(globalThis, 'came')), undefined);
  assert.match(said.join('\n'), /Content Security Policy/);
  await page.close();
});

test('without JavaScript everything is there', { skip }, async () => {
  const text = Array.from({ length: 5 }, (_, index) => workload(index)).join('---\n');
  const { page } = await pageOf(await reportOf('html', [{ file: 'pods.yaml', text }]), { javaScriptEnabled: false });
  assert.equal(await shownIn(page), 5);
  assert.equal(await page.locator('#filter').isVisible(), false);
  assert.equal(await page.locator('#summary').isVisible(), true);
  await page.close();
});

test(`${WORKLOADS} workloads can be filtered`, { skip }, async () => {
  const text = Array.from({ length: WORKLOADS }, (_, index) => workload(index)).join('---\n');
  const html = await reportOf('html', [{ file: 'pods.yaml', text }]);
  const started = performance.now();
  const { page, said } = await pageOf(html);
  const loaded = performance.now();
  assert.deepEqual(said, []);
  assert.equal(await shownIn(page), WORKLOADS);
  await page.uncheck('input[value=mutable]');
  assert.equal(await shownIn(page), 3_333);
  await page.check('input[value=mutable]');
  await page.selectOption('#namespace', { label: 'space-1' });
  assert.equal(await shownIn(page), 1_667);
  await page.selectOption('#namespace', '');
  await page.selectOption('#control', 'privileged');
  assert.equal(await shownIn(page), 3_333);
  assert.equal(
    await page.locator('main article:not([hidden]) li[data-c]:not([data-c=privileged]):not([hidden])').count(),
    0,
  );
  await page.selectOption('#control', '');
  await page.fill('#text', 'WEB-4999');
  await page.waitForFunction(() =>
    Reflect.get(globalThis, 'document').querySelector('#count').textContent.startsWith('1 of'),
  );
  assert.equal(await page.locator('main > article:not([hidden]) li[data-c][hidden]').count(), 0);
  const bytes = Buffer.byteLength(html);
  console.log(
    `${bytes} bytes, loaded in ${Math.round(loaded - started)} ms, filtered five times in ${Math.round(performance.now() - loaded)} ms`,
  );
  await page.close();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing wrong with the page, ${colorScheme}, wide and narrow`, { skip }, async () => {
    const fixture = await readFile(new URL('../src/report/fixtures/check.yaml', import.meta.url), 'utf8');
    const html = await reportOf('html', [{ file: 'shop.yaml', text: fixture }, hostilePod('web')]);
    for (const width of [1200, 360]) {
      const { page } = await pageOf(html, { colorScheme, viewport: { width, height: 800 }, bypassCSP: true });
      // What is not drawn yet has no place, and axe would hold what it believes to lie below a link against it.
      await page.addStyleTag({ content: 'main > article { content-visibility: visible !important }' });
      await assertReadable(page);
      await page.close();
    }
  });
}

/** What axe finds, and whether anything is wider than the screen. */
async function assertReadable(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const result = await Reflect.get(globalThis, 'axe').run();
    return result.violations.map(
      (one: { id: string; nodes: { html: string }[] }) => `${one.id}: ${one.nodes[0]!.html}`,
    );
  });
  assert.deepEqual(violations, []);
  const [inner, scroll] = await page.evaluate(() => {
    const root = Reflect.get(globalThis, 'document').documentElement;
    return [root.clientWidth, root.scrollWidth];
  });
  assert.ok(scroll <= inner, 'nothing is wider than the screen');
}

const proofPage = (words: string) =>
  renderProofReport(
    'html',
    proofReport(words, [...proofReport(words).proved.map(({ proof }) => proof), PROVEN]),
    styleFor(false),
  );

test('proof: nothing of a stranger runs, loads or becomes an element', { skip }, async () => {
  for (const words of [
    '<img src=x onerror=alert(1)>',
    '</style><script>alert(2)</script>',
    '"><svg onload=alert(3)>',
  ]) {
    const { page, said } = await pageOf(await proofPage(words));
    assert.deepEqual(said, []);
    assert.equal(await page.locator('img, svg, script, [onerror], [onload]').count(), 0);
    assert.ok((await page.locator('main h2').first().textContent())!.startsWith(`Pod ${words}/${words}`));
    await page.close();
  }
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`proof: axe finds nothing wrong with the page, ${colorScheme}, wide and narrow, folded and not`, {
    skip,
  }, async () => {
    const html = await proofPage('web');
    for (const width of [1200, 360]) {
      const { page, said } = await pageOf(html, { colorScheme, viewport: { width, height: 800 }, bypassCSP: true });
      await assertReadable(page);
      await page.evaluate(() => {
        for (const one of Reflect.get(globalThis, 'document').querySelectorAll('details')) one.open = true;
      });
      assert.equal(await page.locator('details[open] tbody tr').first().isVisible(), true);
      await assertReadable(page);
      assert.deepEqual(said, []);
      await page.close();
    }
  });
}
