// Opens pages in Chromium, at three widths in both colour schemes: no console error, nothing sideways, no fault that axe finds, every
// part that can be unfolded reached by keyboard. Screenshots are left beside the pages.
// Usage: node look.mjs FOLDER_WITH_NODE_MODULES PAGE...
import { createRequire } from 'node:module';
import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const [tools, ...pages] = process.argv.slice(2);
const require = createRequire(path.resolve(tools, 'package.json'));
const { chromium } = require('playwright-core');
const axe = require.resolve('axe-core/axe.min.js');
const executablePath = execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
let faults = 0;
const fault = (...what) => {
  faults += 1;
  console.log('FAILED:', ...what);
};

for (const file of pages) {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [360, 768, 1280]) {
      const name = `${path.basename(file)} ${width} ${colorScheme}`;
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
      const page = await context.newPage();
      page.on('console', (message) => message.type() === 'error' && fault(name, message.text()));
      page.on('pageerror', (error) => fault(name, error.message));
      page.on('request', (request) => request.url().startsWith('file:') || fault(name, 'fetches', request.url()));
      const began = Date.now();
      await page.goto(pathToFileURL(path.resolve(file)).href);
      const opened = Date.now() - began;
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (sideways > 0) fault(name, `${sideways} px sideways`);
      await page.screenshot({ path: `${file}-${width}-${colorScheme}.png` });
      if (width === 1280 && colorScheme === 'light') {
        const summaries = Math.min(await page.locator('summary').count(), 5);
        const reached = new Set();
        for (let presses = 0; presses < 60 && reached.size < summaries; presses += 1) {
          await page.keyboard.press('Tab');
          const at = await page.evaluate(() => document.activeElement.tagName + document.activeElement.textContent.slice(0, 80));
          if (at.startsWith('SUMMARY')) reached.add(at);
        }
        if (reached.size < summaries) fault(name, `${reached.size} of ${summaries} parts reached by keyboard`);
      }
      await page.evaluate(() => document.querySelectorAll('details').forEach((part) => { part.open = true; }));
      await page.addScriptTag({ path: axe });
      const { violations } = await page.evaluate(() => window.axe.run());
      for (const one of violations) fault(name, one.id, one.nodes.length, one.nodes[0].html.slice(0, 200), one.nodes[0].failureSummary);
      console.log(name, `${opened} ms`);
      await context.close();
    }
  }
}
await browser.close();
console.log(`${pages.length} pages, ${faults} faults`);
process.exit(faults ? 1 : 0);
