// Moments in the reader's own time zone, in Slack's date formats
// (docs.slack.dev/messaging/formatting-message-text, "Date formatting"), and countdowns.

const day = { day: 'numeric', month: 'short', year: 'numeric' };
const formats = {
  date_num: (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
  date: (at) => at.toLocaleDateString([], { ...day, month: 'long' }),
  date_short: (at) => at.toLocaleDateString([], day),
  date_long: (at) => at.toLocaleDateString([], { ...day, month: 'long', weekday: 'long' }),
  time: (at) => at.toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' }),
  time_secs: (at) => at.toLocaleTimeString([], { hour: 'numeric', minute: '2-digit', second: '2-digit' }),
  ago: (at) => `${spanOf(Date.now() - at.getTime())} ago`,
};
for (const name of ['date', 'date_short', 'date_long']) {
  formats[`${name}_pretty`] = (at) => nearDay(at) ?? formats[name](at);
}

/** Puts local time into every `<time>` under a root. @param {ParentNode} root */
export function localise(root) {
  for (const time of root.querySelectorAll('time[data-format]')) {
    const at = new Date(time.dateTime);
    time.textContent = time.dataset.format.replace(/\{(\w+)\}/g, (token, name) => formats[name]?.(at) ?? token);
    time.title = at.toLocaleString();
  }
}

/** Draws every countdown under a root anew: real time left, and days as the sandbox counts them. @param {ParentNode} root */
export function countDown(root) {
  for (const countdown of root.querySelectorAll('.countdown')) {
    const left = Number(countdown.dataset.until) - Date.now();
    const days = left / Number(countdown.dataset.day);
    countdown.classList.toggle('near', days < 1);
    countdown.textContent = left <= 0 ? 'now' : `${spanOf(left)} = ${days.toFixed(1)} d`;
  }
}

function spanOf(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function nearDay(at) {
  const days = Math.round((startOfDay(at) - startOfDay(new Date())) / 86_400_000);
  return { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' }[days];
}

const startOfDay = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
const two = (number) => String(number).padStart(2, '0');
