import { FaultQueue } from '../faults.ts';
import type { AwsWorld, AwsWorldOptions, CallerIdentity, CloudTrailRecord, Delivery } from '../world.ts';
import { type AlarmChange, alarmMessage, alarmName, alarmReason, alarmSubject } from './alarm-message.ts';
import { Alarms } from './alarms.ts';
import { makeSigningKey } from './certificate.ts';
import { createCloudTrail } from './cloudtrail.ts';
import { Courier } from './courier.ts';
import { EventBridge } from './eventbridge.ts';
import { Feed } from './feed.ts';
import { personIdentity } from './identities.ts';
import { createKms, type Identify, type Kms } from './kms/kms.ts';
import { Requests } from './requests.ts';
import { serveService } from './server.ts';
import { createSns } from './sns.ts';
import { certificateUrl, type SignatureVersion } from './sns-message.ts';
import { createSts } from './sts.ts';
import { Topics } from './topics.ts';

/** The world's options, and how fast its slower parts go: AWS's own pace would make the sandbox a waiting room. */
export interface EmulatedAwsOptions extends AwsWorldOptions {
  /** IAM actions the static access keys are allowed; everything when left out, for a bot without roles. */
  readonly staticKeysAllow?: readonly string[];
  readonly snsSignatureVersion?: SignatureVersion;
  /** Topics that are there from the start. */
  readonly topics?: readonly string[];
  /** A pager's topic: what is published to it is told as an event of the source `pager`, and delivered to nobody. */
  readonly pagerTopic?: string;
  /** Between SNS's attempts to deliver; AWS: 20 s. */
  readonly snsRetryMs?: number;
  /** Between requests to confirm the subscription. */
  readonly confirmationMs?: number;
  /** EventBridge's first pause before it tries again; each further one is twice as long. */
  readonly eventBridgePauseMs?: number;
  /** From a refused use to ALARM; AWS: up to minutes. */
  readonly alarmPeriodMs?: number;
  /** From the last refused use to OK. */
  readonly alarmQuietMs?: number;
}

/** The emulated AWS, with its KMS for what nobody can ask AWS for: keys out of nowhere, and services that use them. */
export interface EmulatedAws extends AwsWorld {
  readonly kms: Kms;
}

/** A console's call: what CloudTrail then shows of browser and address. */
const console = {
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  sourceIPAddress: '203.0.113.7',
} as const;

/** Starts KMS, CloudTrail, STS and SNS on loopback ports, and EventBridge and CloudWatch behind them. */
export async function startAws(options: EmulatedAwsOptions): Promise<EmulatedAws> {
  const { clock, accounts, ports = {} } = options;
  const startedAt = clock.now();
  const faults = new FaultQueue();
  const feed = new Feed(clock);
  const sts = createSts({ ...options, faults, staticKeysAllow: options.staticKeysAllow ?? ['*'], record });
  const { authorize } = sts;
  const isEnabled = (account: string, region: string): boolean =>
    accounts.some(({ id, regions: own }) => id === account && own.includes(region));
  // In a Region its account has not switched on, a key is as unknown as one never issued.
  const identify: Identify = (accessKeyId, region, token) => {
    const found = sts.find(accessKeyId, token);
    if (found === 'expired') return found;
    return found !== 'unknown' && isEnabled(found.account, region) ? found : undefined;
  };
  const trail = createCloudTrail({ clock, identify, authorize, faults, lookupDelayMs: options.lookupDelayMs ?? 0 });
  const requests = new Requests(clock);
  const count = (name: string): void => requests.count(name);
  const key = await makeSigningKey(startedAt);
  const courier = new Courier((error) => feed.tell('sandbox', { problem: String(error) }));
  let delivery: Delivery | undefined;

  const topics = new Topics({
    clock,
    courier,
    faults,
    feed,
    key,
    signatureVersion: options.snsSignatureVersion ?? 2,
    retryMs: options.snsRetryMs ?? 1_000,
    confirmationMs: options.confirmationMs ?? 5_000,
  });
  // SNS is wherever somebody has keys or topics.
  const regions = new Set(accounts.flatMap((account) => account.regions));
  const addRegion = (topicArn: string): unknown => regions.add(topicArn.split(':')[3] ?? '');
  for (const topicArn of options.topics ?? []) {
    addRegion(topicArn);
    topics.create(topicArn);
  }
  if (options.pagerTopic !== undefined) {
    addRegion(options.pagerTopic);
    topics.createPager(options.pagerTopic);
  }
  const bus = new EventBridge({
    courier,
    faults,
    feed,
    count,
    target: () => delivery,
    firstPauseMs: options.eventBridgePauseMs ?? 250,
  });
  const alarms = new Alarms({
    clock,
    periodMs: options.alarmPeriodMs ?? 1_000,
    quietMs: options.alarmQuietMs ?? 20_000,
    changed: announce,
  });
  const kms = createKms({
    clock,
    identify,
    authorize,
    record,
    faults,
    native: (event) => {
      feed.tell('kms', { ...event });
      bus.native(event);
    },
  });

  // Opened in order, closed in reverse, also when a later one cannot open (a port in use).
  const closers: (() => void | Promise<void>)[] = [() => courier.close(), () => alarms.close()];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  async function open(listening: Promise<{ readonly url: string; close(): Promise<void> }>): Promise<string> {
    const { url, close: end } = await listening;
    closers.push(end);
    return url;
  }
  try {
    const urls = {
      kms: await open(kms.listen(ports.kms ?? 0)),
      cloudtrail: await open(trail.listen(ports.cloudtrail ?? 0)),
      sts: await open(sts.listen(ports.sts ?? 0)),
      sns: await open(
        serveService(createSns({ topics, authorize, regions }), { find: sts.find, faults, count }, ports.sns ?? 0),
      ),
    };
    const world: EmulatedAws = {
      kms,
      urls,
      call: async (operation, body, caller) => {
        if (!isEnabled(caller.account, caller.region)) return unknownThere;
        const response = await kms.call(operation, body, {
          identity: inRole(personIdentity(caller)),
          region: caller.region,
          ...console,
        });
        return { status: response.status, body: response.body };
      },
      keys: () => kms.keys(),
      events: () => feed.events(),
      onEvent: (listener) => feed.listen(listener),
      addFault: (fault) => faults.add(fault),
      clearFaults: () => faults.clear(),
      calls: () => new Map([...kms.calls, ...trail.calls, ...sts.calls, ...requests.calls]),
      requests: () => [kms, trail, sts, { requests }].flatMap((service) => service.requests.list()),
      deliverTo: (target) => {
        delivery = target;
        addRegion(target.topicArn);
        topics.subscribe(target.topicArn, target.snsUrl);
      },
      certificate: async (url) => {
        const own = [...regions].some((region) => certificateUrl(region, key) === url);
        if (!own) throw new Error(`SNS shows no certificate at ${url}`);
        return key.pem;
      },
      close,
    };
    if (options.deliver !== undefined) world.deliverTo(options.deliver);
    return world;
  } catch (error) {
    await close();
    throw error;
  }

  /** Hands a record to everything that hears of it. */
  function record(told: CloudTrailRecord): void {
    trail.record(told);
    if (isWorthShowing(told)) feed.tell('cloudtrail', told);
    bus.record(told);
    alarms.observe(told);
  }

  /** The alarm of the topic's own account and Region notifies it; elsewhere states change unheard. */
  function announce(change: AlarmChange): void {
    const { account, region, to } = change;
    feed.tell('cloudwatch', {
      AlarmName: alarmName,
      NewStateValue: to,
      NewStateReason: alarmReason(change),
      account,
      region,
    });
    const topicArn = delivery?.topicArn;
    if (topicArn?.startsWith(`arn:aws:sns:${region}:${account}:`) === true)
      topics.publishAsService(topicArn, alarmMessage(change, topicArn, startedAt), alarmSubject(change));
  }
}

/** A console session with the role behind it, which CloudTrail names as its issuer. */
function inRole(person: CallerIdentity): CallerIdentity {
  if (person.sessionName === undefined) return person;
  return { ...person, roleArn: `arn:aws:iam::${person.account}:role/Admins` };
}

/** What AWS says of credentials in a Region where their account is not, and of credentials of no account. */
const unknownThere = {
  status: 400,
  body: {
    __type: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
  },
} as const;

/** Successful lists and descriptions would drown everything else: a sweep makes thousands of them. */
function isWorthShowing({ readOnly, errorCode, eventName }: CloudTrailRecord): boolean {
  return readOnly === false || errorCode !== undefined || !/^(Get|List|Describe)/.test(eventName);
}
