/** The smallest configuration that is right, as a document; tests change one thing at a time. */
export const minimal = () => ({
  channels: { default: 'C0INCIDENT' } as Record<string, unknown>,
  accounts: [{ id: '111122223333', regions: ['us-west-2'] }] as Record<string, unknown>[],
  roles: { responder: { users: ['U0AAAAAAA'] } } as Record<string, unknown>,
});

/** The minimal configuration with top-level keys replaced. */
export const withKeys = (keys: Readonly<Record<string, unknown>>): unknown => ({ ...minimal(), ...keys });

/** The minimal configuration whose only account has more or other keys. */
export const withAccount = (keys: Readonly<Record<string, unknown>>): unknown =>
  withKeys({ accounts: [{ ...minimal().accounts[0], ...keys }] });
