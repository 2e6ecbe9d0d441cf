import { faultModes, faultServices } from '../fault-routing.ts';
import { type Drawn, tag } from './html.ts';

/** Draws the form that makes an emulated service fail, and what the modes mean. */
export function drawFaultForm(): Drawn {
  const option = (value: string) => tag('option', { key: value, value }, value);
  return tag(
    'form',
    { className: 'fault', 'data-fault': true, autoComplete: 'off' },
    tag('p', { className: 'quiet' }, 'The next calls of a service fail in the way you choose; then all is well again.'),
    tag('label', null, 'Service ', tag('select', { name: 'service' }, faultServices.map(option))),
    tag('label', null, 'Operation ', tag('input', { name: 'operation', defaultValue: '*', list: 'operations' })),
    tag(
      'datalist',
      { id: 'operations' },
      ['*', 'CancelKeyDeletion', 'EnableKey', 'DescribeKey', 'chat.postMessage', 'chat.update'].map(option),
    ),
    tag('label', null, 'Mode ', tag('select', { name: 'mode' }, [...faultModes.keys()].map(option))),
    tag('label', null, 'Calls ', tag('input', { name: 'count', type: 'number', min: 1, max: 1000, defaultValue: 1 })),
    tag(
      'p',
      { className: 'line' },
      tag('button', { type: 'submit', className: 'button small primary' }, 'Let it fail'),
      tag('button', { type: 'button', className: 'button small', 'data-clear-faults': true }, 'Clear all'),
    ),
    tag('output', { className: 'answer', 'data-keep': true }),
    tag(
      'dl',
      null,
      [...faultModes].map(([mode, meaning]) => [
        tag('dt', { key: mode }, mode),
        tag('dd', { key: `${mode}-` }, meaning),
      ]),
    ),
  );
}
