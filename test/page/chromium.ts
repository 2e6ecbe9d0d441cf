/** The browser for the page's tests: Chromium or Chrome from PATH, else installed as Redis is. */
import { findOrInstall, type InstallOptions } from '../../src/sandbox/programs.ts';

/** The absolute path for playwright's `executablePath`; rejects naming the command to run when there is none. */
export const findChromium = (options: InstallOptions = {}): Promise<string> =>
  findOrInstall(
    {
      title: 'Chromium',
      names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
      // Fonts are only recommended by Debian's package; without them screenshots show boxes.
      apt: ['chromium', 'fonts-dejavu-core', 'fonts-noto-color-emoji'],
      apk: ['chromium'],
      dnf: ['chromium'],
    },
    options,
  );
