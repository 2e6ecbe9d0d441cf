import type { SlackAnswer } from '../../world.ts';
import { app, freshId } from '../identity.ts';
import { actorOf, answerOf, type Stage, verificationToken } from './stage.ts';

/** Opens the app's Home tab, so that Slack tells the app. */
export async function openHome({ workspace, delivery }: Stage, user: string): Promise<SlackAnswer> {
  const person = actorOf(workspace, user);
  if ('ok' in person) return person;
  const home = workspace.views.home(person.id);
  const eventTs = workspace.timestamps.next();
  const event = {
    token: verificationToken,
    team_id: workspace.teamId,
    api_app_id: app.id,
    event: {
      type: 'app_home_opened',
      user: person.id,
      channel: workspace.directMessage(person.id).id,
      tab: 'home',
      ...(home === undefined ? {} : { view: workspace.views.describe(home) }),
      event_ts: eventTs,
    },
    type: 'event_callback',
    event_id: `Ev${freshId('E')}`,
    event_time: Math.floor(workspace.now() / 1000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: workspace.teamId,
        user_id: app.userId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
    event_context: `4-${freshId('E')}`,
  };
  return answerOf(await delivery.sendEvent(event));
}
