/** Types of stepped.mjs, which runs without being compiled. */
export interface SteppedJob {
  readonly kind: 'deploy' | 'rollback';
  /** Of a deployment. */
  readonly bundle?: string;
  readonly target: string;
  readonly stateDir: string;
  /** `before-lock`, a state, or `bytes`: as soon as some were written. */
  readonly holdAt: readonly string[];
  /** For another run, in milliseconds. */
  readonly wait?: number;
}

export interface SteppedEnd {
  readonly state?: string;
  readonly id?: string;
  readonly code?: string;
  readonly exitCode?: number;
  readonly aftermath?: string;
  readonly message?: string;
}

/** Where it stands, or what came of it; both null where the process is gone. */
export interface SteppedEvent {
  readonly at: string | null;
  readonly end: SteppedEnd | null;
}

export interface Stepped {
  readonly pid: number;
  begin(job: SteppedJob): void;
  goOn(): void;
  next(): Promise<SteppedEvent>;
  kill(): Promise<void>;
  /** Lets it end by itself. */
  close(): Promise<void>;
}

export function startStepped(): Stepped;
