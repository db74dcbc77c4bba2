// The entry that VS Code is given as `extensionTestsPath`: runs Mocha inside the extension host. It is bundled; what it
// runs and where it reports comes by environment variables, which `run.ts` sets.
import Mocha from 'mocha';
import SpecAndJson from '../host/reporter.cjs';

/** Called by VS Code; rejects when a test failed, which makes VS Code end with a code other than 0. */
export async function run(): Promise<void> {
  const files = JSON.parse(process.env['RNN_TEST_FILES'] ?? '[]') as string[];
  const output = process.env['RNN_TEST_RESULTS'];
  if (output === undefined) throw new Error('RNN_TEST_RESULTS names the file for the results; it is not set.');
  const mocha = new Mocha({ color: false, timeout: 30_000, reporter: SpecAndJson, reporterOptions: { output } });
  for (const file of files) mocha.addFile(file);
  const failures = await new Promise<number>(done => mocha.run(done));
  if (failures > 0) throw new Error(`${failures} tests failed.`);
}
