/** The engine that a load test runs on, where it runs on one: the embedded one, or the server that somebody chose. */
import type { DeployContext } from './context.ts';
import type { LoadTester } from './load-tester.ts';

/** The same context with the engine that this tester means. Throws `ENGINE_FLAG_REFUSED`. */
export async function withTester<Context extends Pick<DeployContext, 'engine' | 'openServer'>>(
  context: Context,
  tester: LoadTester,
): Promise<Context> {
  if (tester.kind !== 'llama-server' || context.openServer === undefined) return context;
  return { ...context, engine: await context.openServer(tester) };
}
