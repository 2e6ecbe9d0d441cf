/** The doors of Slack's side, wired to their flows. */
import type { Doors } from '../ports.ts';
import { accept } from './accept.ts';
import { answerClick, disableFirst } from './answer-click.ts';
import { type AccountNames, answerCommand } from './answer-command.ts';
import { answerAsk } from './ask.ts';
import { attend } from './attend.ts';
import { answerClose, pressClose } from './close.ts';
import { showCountdown } from './digest-picture.ts';
import { pressGathering } from './errand.ts';
import { actAtHome, tellAtHome } from './home.ts';
import type { House } from './house.ts';
import { decidePlan } from './plan.ts';
import { answerReview, openReviewForm } from './review.ts';
import { pressEvidence } from './upload-evidence.ts';
import { answerWasMe } from './was-me.ts';

export const slackDoors = (house: House, names: AccountNames): Doors => ({
  click: (click) => answerClick(house, click),
  disableFirst: (click) => disableFirst(house, click),
  ask: (ask) => answerAsk(house, ask),
  reviewPressed: (press) => openReviewForm(house, press),
  review: (review) => answerReview(house, review),
  attend: (press) => attend(house, press),
  accept: (press) => accept(house, press),
  closePressed: (press) => pressClose(house, press),
  close: (closing) => answerClose(house, closing),
  gathering: (press) => pressGathering(house, press),
  wasMe: (press) => answerWasMe(house, press),
  decidePlan: (press) => decidePlan(house, press),
  command: (command) => answerCommand(house, command, names),
  incident: (id) => house.incidents.load(id),
  evidence: (person, id, channel) => pressEvidence(house, id, { person, channel }),
  digestPicture: (person, digest, channel) => showCountdown(house, person, digest, channel),
  home: (person, turn) => actAtHome(house, person, turn),
  tellAtHome: (person, words) => tellAtHome(house, person, words),
});
