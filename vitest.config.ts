import { defineConfig } from 'vitest/config';

// `bot` is everything but the browser; `page` drives a real Chromium; `architecture` is part of `npm run check`.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'bot',
          include: ['test/**/*.test.ts'],
          exclude: ['test/page/**', 'test/architecture.test.ts'],
          testTimeout: 60_000,
          // A wait for what must come, as `eventually` is one: vitest's own is a second.
          expect: { poll: { timeout: 10_000 } },
          hookTimeout: 60_000,
          // The stories wait more than they compute: a third one fills what two cores leave free.
          maxWorkers: 3,
        },
      },
      {
        test: { name: 'page', include: ['test/page/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 180_000 },
      },
      { test: { name: 'architecture', include: ['test/architecture.test.ts'] } },
    ],
  },
});
