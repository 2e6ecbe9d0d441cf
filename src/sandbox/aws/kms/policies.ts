import type { CallerIdentity } from '../../world.ts';
import type { Operation } from './call.ts';
import { KmsError } from './errors.ts';
import { page } from './fields.ts';
import { evaluatePolicy, parsePolicy } from './policy.ts';

/** Refuses a policy that cannot be evaluated, or that would lock its author out (unless they bypass the check). */
export function acceptPolicy(policy: string, bypassLockoutCheck: boolean, author: CallerIdentity): void {
  parsePolicy(policy);
  if (bypassLockoutCheck) return;
  const answer = evaluatePolicy(policy, author, 'kms:PutKeyPolicy', {});
  if (answer === 'denied' || answer === 'silent')
    throw new KmsError(
      'MalformedPolicyDocumentException',
      'The new key policy will not allow you to update the key policy in the future.',
    );
}

const onlyName = 'default';

export const getKeyPolicy: Operation = {
  target: 'key',
  readOnly: true,
  prepare: (fields) => {
    const name = fields.optionalText('PolicyName', 128) ?? onlyName;
    return (_call, key) => {
      if (name !== onlyName) throw new KmsError('NotFoundException', 'No such policy exists');
      return { Policy: key.policy, PolicyName: onlyName };
    };
  },
};

export const putKeyPolicy: Operation = {
  target: 'key',
  readOnly: false,
  responseHidden: true,
  defaults: { PolicyName: onlyName, BypassPolicyLockoutSafetyCheck: false },
  prepare: (fields) => {
    const name = fields.optionalText('PolicyName', 128) ?? onlyName;
    const policy = fields.text('Policy', 131_072);
    const bypass = fields.flag('BypassPolicyLockoutSafetyCheck');
    return (call, key) => {
      if (name !== onlyName) throw new KmsError('NotFoundException', 'No such policy exists');
      acceptPolicy(policy, bypass, call.identity);
      key.policy = policy;
      return {};
    };
  },
};

export const listKeyPolicies: Operation = {
  target: 'key',
  readOnly: true,
  prepare: (fields) => () => {
    const { items, rest } = page(fields, [onlyName], (name) => name, { usual: 100, most: 1000 });
    return { PolicyNames: items, ...rest };
  },
};
