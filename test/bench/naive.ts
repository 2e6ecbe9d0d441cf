/**
 * The ruler: what one would write in an afternoon. `node:http` → one BullMQ job → one DescribeKey → one
 * chat.postMessage, one process. It verifies nothing, remembers nothing and decides nothing.
 */
import { createServer } from 'node:http';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { WebClient } from '@slack/web-api';
import { Queue, Worker } from 'bullmq';
import { listen, read } from './stand-ins.ts';

export interface NaiveOrder {
  readonly redisUrl: string;
  readonly awsUrl: string;
  readonly slackUrl: string;
  /** Account → channel. */
  readonly channels: Readonly<Record<string, string>>;
}

process.once('disconnect', () => process.exit(0));
process.once('message', (order) => void open(order as NaiveOrder));

async function open({ redisUrl, awsUrl, slackUrl, channels }: NaiveOrder): Promise<void> {
  const kms = new KMSClient({
    region: 'us-west-2',
    endpoint: awsUrl,
    credentials: { accessKeyId: 'AKIANAIVE', secretAccessKey: 'secret-of-the-bench' },
  });
  const slack = new WebClient('xoxb-naive', { slackApiUrl: slackUrl });
  const connection = { url: redisUrl, maxRetriesPerRequest: null };
  const queue = new Queue('alarms', { connection });
  const worker = new Worker(
    'alarms',
    async (job) => {
      const { key } = job.data as { readonly key: string };
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: key }));
      await slack.chat.postMessage({
        channel: channels[key.split(':')[4] ?? ''] ?? 'C0BENCH0000',
        text: `Key ${key} is ${KeyMetadata?.KeyState ?? 'unknown'}`,
      });
    },
    { connection, concurrency: 50 },
  );
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  const server = createServer((request, response) => {
    read(request, (text) => {
      const { Message } = JSON.parse(text) as { readonly Message: string };
      const key = /arn:aws:kms:[^ "]+/.exec(
        (JSON.parse(Message) as { AlarmDescription: string }).AlarmDescription,
      )?.[0];
      queue.add('alarm', { key }, { removeOnComplete: true }).then(
        () => response.writeHead(200).end('ok'),
        () => response.writeHead(503).end(),
      );
    });
  });
  process.send?.({ kind: 'listens', url: `${await listen(server)}/` });
}
