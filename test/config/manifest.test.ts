import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { grantedScopes } from '../../src/sandbox/slack/api.ts';

const manifest: unknown = parse(readFileSync(join(import.meta.dirname, '../../manifest.yml'), 'utf8'));

it('sends everything to the one door that the bot opens for Slack', () => {
  const url = 'https://keywarden.example.com/slack/events';
  expect(manifest).toMatchObject({
    features: { slash_commands: [{ command: '/kms', url }], app_home: { home_tab_enabled: true } },
    settings: {
      interactivity: { is_enabled: true, request_url: url },
      event_subscriptions: { request_url: url, bot_events: ['app_home_opened'] },
      token_rotation_enabled: false,
    },
  });
});

it('asks for no more than is used', () => {
  expect(manifest).toHaveProperty('oauth_config.scopes', {
    bot: [
      'chat:write',
      'commands',
      'usergroups:read',
      'users:read',
      'channels:read',
      'groups:read',
      'channels:history',
      'groups:history',
      'files:write',
      'im:write',
    ],
  });
});

it('asks for what the emulated Slack grants', () => {
  expect(manifest).toHaveProperty('oauth_config.scopes.bot', [...grantedScopes]);
});

it('has a place for direct messages, to be read only', () => {
  expect(manifest).toMatchObject({
    features: { app_home: { messages_tab_enabled: true, messages_tab_read_only_enabled: true } },
  });
});
