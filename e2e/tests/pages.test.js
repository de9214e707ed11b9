// Every page of every role: reachable, accessible in both colour schemes, small, without script.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { axe, COLOUR_RULES, openBrowser, openPage, signIn, startDemo } from '../harness.js';

const ROLES = [
  'marketing', 'compliance', 'legal', 'clinical', 'it', 'foundation', 'responder', 'caller', 'auditor',
  'administrator',
];
const MOST_BYTES = 100_000;

let demo, browser;

before(async () => {
  demo = await startDemo();
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
  demo?.clean();
});

/** Same-site pages one step from here that a GET may open. */
const links = async (page) => {
  const all = await page.locator('main a[href], nav a[href]').evaluateAll(
    (found) => found.map((it) => it.getAttribute('href')),
  );
  return all.filter((it) => it.startsWith('/') && !it.startsWith('/api') && !/(\/receipt|\.txt|\.json|\.csv|\.pdf)$/.test(it));
};

/** `/campaigns/01a2…/x` and `/campaigns/02b3…/x` are one kind of page, and so are all rules. */
const kind = (path) => path.split('?')[0].replace(/[0-9a-f]{32}/g, '*').replace(/\/\d+/g, '/*')
  .replace(/^\/rules\/\w+\..+/, '/rules/*');

/** Opens every kind of page that `role` finds a link to, each once, and asks axe. */
const walk = async (role) => {
  const page = await signIn(browser, demo, role);
  const seen = new Set();
  const open = ['/'];
  while (open.length > 0) {
    const path = open.shift();
    if (seen.has(kind(path))) continue;
    seen.add(kind(path));
    await page.emulateMedia({ colorScheme: 'light' });
    const answer = await page.goto(demo.url + path);
    assert.equal(answer.status(), 200, `${role} follows a link to ${path}`);
    assert.ok((await answer.body()).length < MOST_BYTES, `${path} is under 100 kB`);
    assert.equal(await page.locator('h1').count(), 1, `${path} has one h1`);
    assert.deepEqual(await axe(page), [], `${path}, light`);
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.deepEqual(await axe(page, COLOUR_RULES), [], `${path}, dark`);
    open.push(...await links(page));
  }
  assert.ok(seen.size >= 2, `${role} reached ${[...seen]}`);
  assert.deepEqual(page.faults, []);
  await page.context().close();
};

describe('every page that a role can reach is accessible, light and dark', { concurrency: 2 }, () => {
  for (const role of ROLES) test(role, () => walk(role));
});

test('signing in and walking the rail needs no script', async () => {
  const page = await signIn(browser, demo, 'marketing', { javaScriptEnabled: false });
  for (const place of ['Campaigns', 'Audiences', 'Content', 'Today']) {
    await page.click(`nav a:has-text("${place}")`);
    await page.waitForLoadState();
    assert.equal(await page.locator('h1').innerText(), place);
  }
  await page.context().close();
});

test('a page outside one’s role is refused in plain words', async () => {
  const page = await signIn(browser, demo, 'marketing');
  for (const path of ['/people', '/ledger', '/settings']) {
    const answer = await page.goto(demo.url + path);
    assert.equal(answer.status(), 403, path);
    assert.deepEqual(await axe(page), []);
  }
  await page.context().close();
});

test('wrong passwords get the same answer for known and unknown names', async () => {
  const page = await openPage(browser, demo);
  const attempt = async (login) => {
    await page.goto(`${demo.url}/sign-in`);
    await page.fill('input[name=login]', login);
    await page.fill('input[name=password]', 'not the password at all');
    await page.click('main button');
    await page.waitForLoadState();
    return page.innerText('main');
  };
  assert.equal(await attempt('marketing'), await attempt('nobody'));
  assert.deepEqual(await axe(page), []);
  await page.context().close();
});

test('the demo’s data survives a restart', async () => {
  assert.equal(await demo.stop(), 0);
});
