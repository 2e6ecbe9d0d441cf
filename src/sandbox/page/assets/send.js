// Calls of the sandbox's control, and short notes about what went wrong.

/** Posts JSON and answers status and body; a lost sandbox is an answer too. */
export async function send(path, body, headers = {}) {
  const options = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
  try {
    const answer = await fetch(path, options);
    return { status: answer.status, body: await answer.json() };
  } catch {
    return { status: 0, body: { ok: false, error: 'The sandbox does not answer.' } };
  }
}

/** Tells the person something in passing. */
export function tell(text) {
  const note = document.createElement('p');
  note.setAttribute('role', 'status');
  note.textContent = text;
  document.querySelector('#notes').append(note);
  setTimeout(() => note.remove(), 6000);
}

/** A Slack call in the name of the person the page is drawn for. */
export async function act(path, body) {
  const { body: answer } = await send(`/sandbox/slack/${path}`, { ...body, user: person() });
  if (!answer.ok) tell(answer.error ?? 'Slack did not take it.');
  return answer;
}

export const person = () => document.querySelector('#people [aria-current]').dataset.handle;
export const place = () => document.querySelector('#places [aria-current]').dataset.place;
