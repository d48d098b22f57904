/** The engine that a load test runs on, where it runs on one: the embedded one, or the server that somebody chose. */
import type { DeployContext } from './context.ts';
import { DeployFailure } from './error.ts';
import type { LoadTester } from './load-tester.ts';

/**
 * The same context with the engine that this tester means. Throws `ENGINE_FLAG_REFUSED`, and `DEPLOY_NO_ENGINE` where the
 * caller brought none of that kind: another one never takes its place.
 */
export async function withTester<Context extends Pick<DeployContext, 'engine' | 'openServer'>>(
  context: Context,
  tester: LoadTester,
): Promise<Context> {
  if (tester.kind !== 'llama-server') return context;
  if (context.openServer !== undefined) return { ...context, engine: await context.openServer(tester) };
  throw new DeployFailure(
    'DEPLOY_NO_ENGINE',
    'The load test is to run on a llama-server, and none can be started here.',
    {
      details: { expected: 'openServer beside the engine', received: 'none' },
    },
  );
}
