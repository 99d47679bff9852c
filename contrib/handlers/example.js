#!/usr/bin/env node
'use strict';
/*
 * Examples of tasks in a persistent worker.  In the settings:
 *
 *	[class example.*]
 *	handler = handlers/example.js
 *	worker = yes
 */
const { AdhocTask, Permanent, Snooze, clear_static_caches, mtrace,
	mtrace_exception, run } = require('./taskdir_worker.js');

/* What a real worker keeps between tasks: connections, settings. */
let runs = 0;

/* Many items: one that is bad must not keep the others from being done, nor be
 * forgotten.  {"items": [1, "x", 3]} */
class Items extends AdhocTask {
	async execute() {
		const items = this.get_custom_data().items;
		let bad = 0;

		for (const [i, item] of items.entries()) {
			try {
				if (Number.isNaN(Number(item)))
					throw new TypeError(
						`"${item}" is no number`);
				mtrace(`item ${i + 1} is ${item}`);
			} catch (error) {
				mtrace_exception(error);
				bad++;
			}
		}
		if (bad > 0)
			throw new Error(`${bad} of ${items.length} items ` +
				'failed');
	}
}

/* Changes what is cached: every later task must see a fresh process. */
class Purge extends AdhocTask {
	execute() {
		clear_static_caches();
		this.result = process.pid;
	}
}

/* What a task knows of itself. */
class Facts extends AdhocTask {
	execute() {
		mtrace(this.get_custom_data_as_string());
		this.result = { pid: process.pid, runs: ++runs,
			attempt: this.get_attempt(),
			available: this.get_attempts_available() };
	}
}

/* {"how": "retry"|"permanent"|"snooze"} */
class Fail extends AdhocTask {
	async execute() {
		const how = this.get_custom_data().how;

		if (how === 'permanent')
			throw new Permanent('never');
		if (how === 'snooze')
			throw new Snooze(3600);
		throw new RangeError('not now');
	}
}

run({ 'example.items': Items, 'example.purge': Purge, 'example.facts': Facts,
	'example.fail': Fail });
