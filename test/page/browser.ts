/** Opens the sandbox's page in a real Chromium, and does there what people do. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { findChromium } from './chromium.ts';

/** Quiet: nothing of the browser's own may reach for the network. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const folder = join(import.meta.dirname, 'screenshots');

/** Starts Chromium with a profile of its own, which playwright removes when it closes. */
export async function startBrowser(): Promise<Browser> {
  await mkdir(folder, { recursive: true });
  return chromium.launch({ executablePath: await findChromium(), args: flags });
}

/** Closes every window: one that nobody looks at any more draws itself anew with each change all the same. */
export async function closeWindows(browser: Browser): Promise<void> {
  await Promise.all(browser.contexts().map((context) => context.close()));
}

/** One window on the sandbox, as one person. */
export class Window {
  readonly page: Page;
  /** What the page's script complained about; refusals of KMS and Slack are answers, no complaints. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('Failed to load resource'))
        this.complaints.push(message.text());
    });
  }

  static async open(browser: Browser, url: string, as: string, scheme: 'light' | 'dark' = 'light'): Promise<Window> {
    const page = await browser.newPage({
      viewport: { width: 1280, height: 800 },
      colorScheme: scheme,
      deviceScaleFactor: 2,
      locale: 'en-GB',
    });
    const window = new Window(page);
    await page.goto(`${url}/?as=${as}`);
    await page.locator('#people [aria-current]', { hasText: as }).waitFor();
    return window;
  }

  /** Becomes somebody else. */
  async become(handle: string): Promise<void> {
    await this.page.locator(`#people [data-handle="${handle}"]`).click();
    await this.page.locator(`#people [data-handle="${handle}"][aria-current]`).waitFor();
  }

  /** A key's row on the AWS side; the first with this name. */
  key(name: string): Locator {
    return this.page.locator('li.key', { has: this.page.getByText(name, { exact: true }) }).first();
  }

  /** Does something to a key in AWS, as mallory unless told otherwise. */
  async inAws(name: string, deed: string, principal = 'mallory'): Promise<void> {
    const row = this.key(name);
    if ((await row.locator('form').count()) === 0) await row.locator('> a').click();
    await row.getByLabel('as').fill(principal);
    await row.getByRole('button', { name: deed }).click();
    await row.locator('output').filter({ hasText: /./ }).waitFor();
  }

  /** The newest card whose title names this alias. */
  card(alias: string): Locator {
    return this.page.locator('li.entry > article', { has: this.page.locator('h3', { hasText: alias }) }).last();
  }

  /** The form in front of this person. */
  get form(): Locator {
    return this.page.locator('form.modal');
  }

  /** The newest request about this alias that says these words, in a card's thread. */
  request(alias: string, words = 'Approval needed'): Locator {
    return this.page.locator('.thread article', { hasText: alias }).filter({ hasText: words }).last();
  }

  /** Fills in the fields of the form, by what stands above them; `phone` reads the code off the person's phone. */
  async fillIn(fields: Readonly<Record<string, string>>, phone = false): Promise<void> {
    for (const [label, value] of Object.entries(fields)) await this.form.getByLabel(label).fill(value);
    if (!phone) return;
    await this.form.getByRole('button', { name: 'Code from my phone' }).click();
    await expect.poll(() => this.form.getByLabel('Your code').inputValue(), { timeout: 5_000 }).toMatch(/^\d{6}$/);
  }

  /** Sends the form off; it closes. */
  async send(): Promise<void> {
    await this.form.locator('footer .primary').click();
    await this.form.waitFor({ state: 'detached' });
  }

  /** Sends the form off, which stays, and answers what it complains about. */
  async sendInVain(): Promise<string> {
    await this.form.locator('footer .primary').click();
    const complaint = this.form.locator('.error').filter({ hasText: /./ }).first();
    await complaint.waitFor();
    return (await complaint.textContent()) ?? '';
  }

  /** Goes to a channel by its id, or to `home`. */
  async goTo(place: string): Promise<void> {
    await this.page.locator(`#places [data-place="${place}"]`).click();
    await this.page.locator(`#places [data-place="${place}"][aria-current]`).waitFor();
  }

  /** Types a command. */
  async type(command: string): Promise<void> {
    await this.page.getByLabel('Command').fill(command);
    await this.page.keyboard.press('Enter');
  }

  async shoot(name: string, of: Page | Locator = this.page): Promise<void> {
    await of.screenshot({ path: join(folder, `${name}.png`) });
  }
}
