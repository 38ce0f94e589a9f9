/** Why the demo can't go on, in words for whoever runs it. */
export class DemoError extends Error {
  public override readonly name = 'DemoError';
}
