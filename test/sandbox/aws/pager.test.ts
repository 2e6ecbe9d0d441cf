/** The pager's topic: what is published to it is shown, and delivered to nobody. */
import { PublishCommand } from '@aws-sdk/client-sns';
import { afterEach, expect, test } from 'vitest';
import type { EmulatedAws } from '../../../src/sandbox/aws/aws.ts';
import { account, openAws, openBot, pause, region, snsClient } from './aws-harness.ts';

const pagerTopic = `arn:aws:sns:${region}:${account}:kms-pager`;
const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0).reverse()) await one.close();
});

async function call(aws: EmulatedAws, topicArn: string): Promise<void> {
  const client = snsClient(aws);
  try {
    await client.send(
      new PublishCommand({
        TopicArn: topicArn,
        Subject: 'Keywarden: a key dies',
        Message: 'Do something.',
        MessageAttributes: Object.fromEntries(
          Object.entries({ id: 'lastDay:i1', status: 'open', kind: 'lastDay' }).map(([name, StringValue]) => [
            name,
            { DataType: 'String', StringValue },
          ]),
        ),
      }),
    );
  } finally {
    client.destroy();
  }
}

test('a call is an event of the pager, and reaches no subscriber', async () => {
  const bot = await openBot(() => 200);
  closing.push(bot);
  const aws = await openAws({ pagerTopic, deliver: bot.delivery });
  closing.push(aws);
  await call(aws, pagerTopic);
  expect(aws.events().filter(({ source }) => source === 'pager')).toMatchObject([
    {
      detail: {
        id: 'lastDay:i1',
        state: 'open',
        kind: 'lastDay',
        summary: 'Keywarden: a key dies',
        message: 'Do something.',
        at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      },
    },
  ]);
  await pause(50);
  expect(bot.of('Notification')).toEqual([]);
});

test('suffers the faults of Publish: lost before, or done with the answer lost', async () => {
  const aws = await openAws({ pagerTopic });
  closing.push(aws);
  aws.addFault({ service: 'sns', operation: 'Publish', mode: 'failBefore', count: 1 });
  await expect(call(aws, pagerTopic)).rejects.toThrow();
  expect(aws.events()).toEqual([]);
  aws.addFault({ service: 'sns', operation: 'Publish', mode: 'failAfter', count: 1 });
  await expect(call(aws, pagerTopic)).rejects.toThrow();
  expect(aws.events()).toHaveLength(1);
});

test('a topic that is not there takes nothing', async () => {
  const aws = await openAws({ pagerTopic });
  closing.push(aws);
  await expect(call(aws, `${pagerTopic}-other`)).rejects.toThrow('Topic does not exist');
});
