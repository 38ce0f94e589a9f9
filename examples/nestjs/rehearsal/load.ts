import { Agent, request } from 'node:http';

const TICK = 10;
const TIMEOUT = 15_000;
/** One request in so many places an order; the others read one. */
const ORDER_EVERY = 5;

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** So many requests a second, however long the answers take, as if from many clients who don't know of each other. */
export class Load {
  started = 0;
  answered = 0;
  failed = 0;
  /** Orders that the service said were placed. */
  placed = 0;
  slowestMs = 0;
  /** How often each kind of failure was. */
  readonly failures = new Map<string, number>();

  private readonly agent = new Agent({ keepAlive: true });
  private readonly open = new Set<Promise<void>>();
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout;
  private lastId?: string;
  private seconds?: number;

  /**
   * @param item what is ordered
   * @param onBody gets the body of every answer
   */
  constructor(private readonly url: string, private readonly item: string, perSecond: number, private readonly onBody: (body: string) => void) {
    this.timer = setInterval(() => {
      const due = Math.floor((performance.now() - this.startedAt) / 1000 * perSecond);
      while (this.started < due) { this.start(); }
    }, TICK);
  }

  get perSecond(): number {
    return this.answered / (this.seconds ?? (performance.now() - this.startedAt) / 1000);
  }

  /** Starts no more, and waits for the answers of those that were. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.seconds ??= (performance.now() - this.startedAt) / 1000;
    await Promise.all(this.open);
    this.agent.destroy();
  }

  private start(): void {
    const placing = this.started++ % ORDER_EVERY === 0 || this.lastId === undefined;
    const running = (placing ? this.place() : this.read(this.lastId!)).finally(() => this.open.delete(running));
    this.open.add(running);
  }

  private async place(): Promise<void> {
    const answer = await this.measure('POST', '/orders', { item: this.item, quantity: 1 });
    if (answer?.status !== 201) { return; }
    this.placed++;
    this.lastId = (JSON.parse(answer.body) as { id: string }).id;
  }

  private async read(id: string): Promise<void> {
    await this.measure('GET', `/orders/${id}`);
  }

  private async measure(method: string, path: string, body?: object): Promise<Answer | undefined> {
    const start = performance.now();
    let failure: string | undefined;
    try {
      const answer = await this.send(method, path, body);
      this.onBody(answer.body);
      if (answer.status >= 400) { failure = `${method} ${answer.status}`; }
      return answer;
    } catch (error) {
      failure = `${method} ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`;
      return undefined;
    } finally {
      this.answered++;
      this.slowestMs = Math.max(this.slowestMs, performance.now() - start);
      if (failure !== undefined) {
        this.failed++;
        this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1);
      }
    }
  }

  private async send(method: string, path: string, body?: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = body && { 'Content-Type': 'application/json' };
      const sent = request(this.url + path, { method, agent: this.agent, headers, timeout: TIMEOUT }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => { text += part; });
        response.on('end', () => resolve({ status: response.statusCode!, body: text }));
        response.on('error', reject);
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer')));
      sent.on('error', reject);
      sent.end(body && JSON.stringify(body));
    });
  }
}
