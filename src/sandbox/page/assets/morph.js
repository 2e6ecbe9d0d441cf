// Turns one piece of the page into a newer one without losing what the person is doing in it: elements that stay keep
// their focus, scroll position, typed text and open or closed state.

/** @param {Element} old @param {Element} fresh */
export function morph(old, fresh) {
  if ('keep' in old.dataset) return;
  morphAttributes(old, fresh);
  morphChildren(old, fresh);
}

function morphAttributes(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (!isTheirs(old, name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !isTheirs(old, name)) old.removeAttribute(name);
  }
}

/** Whether a thread or menu is open is the person's choice, and so is a button that waits for its answer. */
function isTheirs(element, attribute) {
  return (element.tagName === 'DETAILS' && attribute === 'open') || attribute === 'aria-busy';
}

function morphChildren(old, fresh) {
  const keyed = new Map([...old.children].filter(keyOf).map((child) => [keyOf(child), child]));
  let cursor = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const known = keyOf(wanted) ? keyed.get(keyOf(wanted)) : cursor;
    if (known && isAlike(known, wanted)) {
      if (known === cursor) cursor = cursor.nextSibling;
      else old.insertBefore(known, cursor);
      if (known.nodeType === Node.ELEMENT_NODE) morph(known, wanted);
      else if (known.data !== wanted.data) known.data = wanted.data;
    } else old.insertBefore(wanted, cursor);
  }
  while (cursor) {
    const next = cursor.nextSibling;
    cursor.remove();
    cursor = next;
  }
}

const keyOf = (node) => node.dataset?.key;
const isAlike = (one, other) => one.nodeName === other.nodeName && keyOf(one) === keyOf(other);
