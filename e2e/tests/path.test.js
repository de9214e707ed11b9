// The whole path in one browser: from a letter with a forbidden variable to a withdrawal that the
// next decision sees, with receipts on the way.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser, openPage, run, signIn, startDemo } from '../harness.js';

let demo, browser, marketing, clinical, compliance;

before(async () => {
  demo = await startDemo();
  browser = await openBrowser();
  [marketing, clinical, compliance] = [
    await signIn(browser, demo, 'marketing'),
    await signIn(browser, demo, 'clinical'),
    await signIn(browser, demo, 'compliance'),
  ];
});

after(async () => {
  await browser?.close();
  await demo?.stop();
  demo?.clean();
});

const text = (page) => page.innerText('main');
const press = async (page, label) => {
  await Promise.all([page.waitForLoadState(), page.click(`main button:has-text("${label}")`)]);
  await page.waitForLoadState('networkidle');
};
const choose = async (page, name, begins) => {
  const labels = await page.locator(`[name=${name}] option`).allTextContents();
  await page.selectOption(`[name=${name}]`, { label: labels.find((it) => it.startsWith(begins)) });
};

test('a variable that the purpose does not permit is refused while writing', async () => {
  await marketing.goto(`${demo.url}/content/new`);
  await marketing.fill('[name=name]', 'Autumn letter');
  await marketing.fill('[name=subject]', 'A good night’s sleep');
  await marketing.fill('[name=body]', '# Sleep\n\nDear {{diagnosis}},\n\nkeep your bedroom cool.');
  await press(marketing, 'Save as a new version');
  const refusal = await text(marketing);
  assert.match(refusal, /Not saved/);
  assert.match(refusal, /`\{\{diagnosis\}\}` \(diagnosis\) may not be used/);
  assert.match(refusal, /45 CFR 164\.508\(a\)\(3\)/);
  assert.equal(await marketing.inputValue('[name=name]'), 'Autumn letter', 'nothing typed is lost');

  await marketing.fill('[name=body]', '# Sleep\n\nDear {{nickname}},\n\nkeep your bedroom cool.');
  await press(marketing, 'Save as a new version');
  assert.match(await text(marketing), /nickname/);
});

test('content is approved by a second person, bound to its exact version', async () => {
  await marketing.fill('[name=body]', '# Sleep\n\nDear {{first_name|reader}},\n\nkeep your bedroom cool.');
  await press(marketing, 'Save as a new version');
  await press(marketing, 'Submit for review');
  assert.match(await text(marketing), /somebody else gives the verdict/);

  await clinical.goto(`${demo.url}/`);
  await clinical.click('main a:has-text("Autumn letter")');
  await clinical.waitForLoadState();
  await clinical.check('input[name=verdict][value=approve]');
  await press(clinical, 'Give verdict');
  assert.match(await text(clinical), /Stands at\s+✓\s+Approved/);

  // An edit makes a new version without approval.
  await marketing.goto(`${demo.url}/content`);
  await marketing.click('main a:has-text("Autumn letter")');
  await marketing.click('main a:has-text("Edit")');
  await marketing.fill('[name=subject]', 'A better night’s sleep');
  await press(marketing, 'Save as a new version');
  assert.match(await text(marketing), /Version 2 of 2/);
  assert.match(await text(marketing), /Stands at\s+\S\s+Draft/);
  await press(marketing, 'Submit for review');
  await clinical.goto(`${demo.url}/content`);
  await clinical.click('main a:has-text("Autumn letter")');
  await clinical.waitForLoadState();
  await clinical.check('input[name=verdict][value=approve]');
  await press(clinical, 'Give verdict');
});

let campaign;
let planned;

test('the waterfall shows who drops out by which rule, and the number is typed', async () => {
  // Two campaigns are planned here, and the demo has printed letters today: that needs a higher cap.
  const administrator = await signIn(browser, demo, 'administrator');
  await administrator.goto(`${demo.url}/settings/caps`);
  await administrator.fill('[name=per_day]', '9');
  await administrator.fill('[name=per_week]', '20');
  await press(administrator, 'Save');
  await marketing.goto(`${demo.url}/campaigns/new`);
  await marketing.fill('[name=name]', 'Sleep, autumn');
  await choose(marketing, 'version', 'Autumn letter, version 2');
  await choose(marketing, 'audience', 'Asked for health tips');
  await marketing.selectOption('[name=purpose]', 'newsletter');
  await marketing.fill('[name=sender]', 'news@lakeside.example.org');
  await press(marketing, 'Save');
  assert.match(await text(marketing), /say whether anybody pays for it/);
  await marketing.selectOption('[name=pay]', 'none');
  await press(marketing, 'Save');

  campaign = marketing.url();
  const shown = await text(marketing);
  assert.match(shown, /Found by the filter/);
  assert.match(shown, /This person or address is suppressed\./);
  planned = Number(shown.match(/before their message leaves\.\s+([\d,]+)/)[1].replaceAll(',', ''));
  assert.ok(planned > 100, `${planned} people are left`);

  // What marketing is shown is rounded down to ten, so this is neither it nor the number itself.
  await marketing.fill('[name=confirm]', String(planned + 11));
  await marketing.evaluate(() => document.querySelector('main form[action$=launch]').submit());
  await marketing.waitForLoadState('networkidle');
  assert.match(await text(marketing), new RegExp(`type(d)? ${planned}|${planned.toLocaleString('en-US')}`));
});

test('the campaign is launched, sent by the worker and answered by the carrier', async () => {
  await marketing.goto(campaign);
  await marketing.fill('[name=confirm]', String(planned));
  await press(marketing, 'Launch');
  for (let tries = 0; tries < 120; tries += 1) {
    await marketing.goto(campaign);
    if (/Finished/.test(await text(marketing))) break;
    await marketing.waitForTimeout(500);
  }
  const done = await text(marketing);
  assert.match(done, /Finished/);
  const sent = Number(done.match(/Sent\s+([\d,]+)/)[1].replaceAll(',', ''));
  assert.equal(Math.floor(sent / 10) * 10, planned);
  planned = sent;
  assert.match(done, /Outcome unknown\s+0/);
});

let preferences;
let unsubscribe;
let reader;

test('the mail that arrived carries one-click headers and the reader’s own links', async () => {
  const page = await openPage(browser, demo);
  await page.goto(`${demo.url}/demo/mail`);
  // Reminders and mail to operators arrive beside them; the campaign's own page counted exactly.
  const arrived = (await text(page)).match(/([\d,]+) arrived/)[1].replaceAll(',', '');
  assert.ok(Number(arrived) >= planned, `${arrived} of ${planned} arrived`);
  await page.click('main table a:has-text("A better night")');
  await page.waitForLoadState();
  const mail = await text(page);
  assert.match(mail, /List-Unsubscribe: <http[^>]+\/p\/unsubscribe\//);
  assert.match(mail, /List-Unsubscribe-Post: List-Unsubscribe=One-Click/);
  assert.match(mail, /400 Lakeside Avenue/);
  reader = mail.match(/To\n([^\n]+@[^\n]+)/)[1];
  unsubscribe = mail.match(/http\S+\/p\/unsubscribe\/[\w-]+/)[0];
  preferences = mail.match(/http\S+\/p\/preferences\/[\w-]+/)[0];
  const frame = await page.request.get(`${page.url()}/html`);
  assert.match(frame.headers()['content-security-policy'], /sandbox/);
  assert.deepEqual(page.faults, []);
});

test('a scanner that opens links changes nothing; a forged link tells nothing', async () => {
  const page = await openPage(browser, demo);
  await page.goto(unsubscribe);
  await page.goto(preferences);
  assert.ok(await page.isChecked('input[name=way][value="email:health_education"]'));
  const forged = preferences.slice(0, -3) + 'AAA';
  await page.goto(forged);
  const words = await text(page);
  await page.goto(`${demo.url}/p/preferences/${'A'.repeat(88)}`);
  assert.equal(await text(page), words, 'every bad link gets the same answer');
  assert.doesNotMatch(words, /patient|Lakeview/i);
});

test('the reader changes a choice without script and keeps a receipt', async () => {
  const page = await openPage(browser, demo, {
    javaScriptEnabled: false,
    viewport: { width: 390, height: 844 },
  });
  await page.goto(preferences);
  // The first mail that arrived may be that of a Spanish reader.
  assert.match(await text(page), /What we hold about you|Qué guardamos sobre usted/);
  await page.uncheck('input[name=way][value="email:health_education"]');
  await page.click('form:has(input[name=way]) button');
  await page.waitForLoadState();
  const receipt = await text(page);
  assert.match(receipt, /receipt|recibo/i);
  assert.match(receipt, /[0-9a-f]{32,64}/, 'the receipt names its entry');
});

test('the next decision sees the withdrawal', async () => {
  await marketing.goto(`${demo.url}/campaigns/new`);
  await marketing.fill('[name=name]', 'Sleep, again');
  await choose(marketing, 'version', 'Autumn letter, version 2');
  await choose(marketing, 'audience', 'Asked for health tips');
  await marketing.selectOption('[name=purpose]', 'newsletter');
  await marketing.selectOption('[name=pay]', 'none');
  await marketing.fill('[name=sender]', 'news@lakeside.example.org');
  await press(marketing, 'Save');
  // What a page shows may be some seconds old; the launch itself counts anew.
  await marketing.waitForTimeout(4000);
  await marketing.reload();
  const shown = await text(marketing);
  const left = Number(shown.match(/before their message leaves\.\s+([\d,]+)/)[1].replaceAll(',', ''));
  assert.equal(left, Math.floor((planned - 1) / 10) * 10);
});

test('one click at the mail program’s button unsubscribes, without cookies or redirect', async () => {
  const answer = await fetch(unsubscribe, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
    redirect: 'manual',
  });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('set-cookie'), null);
});

test('compliance reads the time line, a decision with its rules, and its proof', async () => {
  await compliance.goto(`${demo.url}/people`);
  await compliance.fill('[name=q]', reader);
  await press(compliance, 'Find');
  await compliance.locator('main table a[href^="/people/"]').first().click();
  await compliance.waitForLoadState();
  await compliance.click('a:has-text("Time line")');
  await compliance.waitForLoadState();
  const line = await text(compliance);
  assert.match(line, /Sleep, autumn|decision|Decision/);
  await compliance.click('a:has-text("Decisions")');
  await compliance.waitForLoadState();
  await compliance.locator('main a[href*="/decisions/"]').first().click();
  await compliance.waitForLoadState();
  const decision = await text(compliance);
  assert.match(decision, /permit/i);
  assert.match(decision, /45 CFR/);
  await compliance.locator('main a[href^="/ledger/entries/"]').first().click();
  await compliance.waitForLoadState();
  assert.match(await text(compliance), /[0-9a-f]{64}/);
});

test('no page failed on the way, and the ledger verifies offline', async () => {
  assert.deepEqual([...marketing.faults, ...clinical.faults, ...compliance.faults], []);
  await demo.stop();
  const verified = run('ledger', 'verify', '--config', demo.data, '--json');
  assert.equal(verified.status, 0, verified.out + verified.err);
  const found = JSON.parse(verified.out);
  assert.equal(found.sound, true);
  assert.equal(found.unsigned, 0, 'the last head covers everything');
  assert.ok(found.decisions > planned);
});
