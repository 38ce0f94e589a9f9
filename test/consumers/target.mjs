export async function setSecret({ pending }) {
  return { status: 'notYet', reason: pending.value, retryAfterMillis: 100 };
}

export async function testSecret() {}
