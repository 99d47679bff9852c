'use strict';
/*
 * Persistent workers of Taskdir in Node.
 *
 *	#!/usr/bin/env node
 *	const { AdhocTask, mtrace, run } = require('./taskdir_worker.js');
 *
 *	class Digest extends AdhocTask {
 *		async execute() {
 *			mtrace(`user ${this.get_custom_data().userid}`);
 *		}
 *	}
 *
 *	run({ 'mail.digest': Digest });
 *
 * and in the settings: [class mail.digest], worker = yes.
 *
 * The names are those that Moodle's tasks have.  When execute() has returned,
 * or its promise has, the task is done.  An exception that it does not catch
 * is a failure with its message, to be tried again, and its stack is in the
 * task's output; Permanent is one for good, and Snooze no failure at all.
 * One task is done after the other, also with a pipeline.
 */
const net = require('net');
const path = require('path');
const readline = require('readline');

const VERSION = 1;

/* A line to the runner has at most 1 MiB; escapes may need six bytes each. */
const TRACE_MAX = 100000;

let socket, current = null;

/* The task has failed and is not to be tried again. */
class Permanent extends Error {}

/* Again later; this try does not count. */
class Snooze extends Error {
	constructor(seconds) {
		super(`snoozing for ${seconds} seconds`);
		this.seconds = seconds;
	}
}

/* The value of a member as it is written, null if there is none. */
function member_text(text, name) {
	const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;
	let depth = 0, have = null, start = 0, found;

	while ((found = token.exec(text)) !== null) {
		const word = found[0];

		if (word === '}' || word === ']')
			depth--;
		if (depth === 1 && word[0] === '"' && have === null)
			have = JSON.parse(word);
		else if (depth === 1 && word === ':')
			start = token.lastIndex;
		else if ((depth === 1 && word === ',') || depth === 0) {
			if (have === name)
				return text.slice(start, found.index).trim();
			have = null;
		}
		if (word === '{' || word === '[')
			depth++;
	}
	return null;
}

function say(value) {
	socket.write(JSON.stringify(value) + '\n');
}

/* A task; subclasses have execute(). */
class AdhocTask {
	constructor(line) {
		this.line = line;
		this.told = JSON.parse(line);
		this.trace = '';
		this.recycle = false;
		this.result = null;	/* any JSON value, for the run log */
	}

	get_id() { return this.told.id; }
	get_component() { return this.told.component; }
	get_userid() { return this.told.userid ?? null; }
	get_custom_data() { return this.told.task.customdata ?? null; }
	get_next_run_time() { return this.told.due; }

	/* As the producer wrote it, byte for byte: also integers that a number
	 * of JavaScript cannot hold. */
	get_custom_data_as_string() {
		return member_text(member_text(this.line, 'task'),
			'customdata') ?? 'null';
	}

	/* 1 for the first. */
	get_attempt() { return this.told.try; }

	/* Attempts there are from this one on; null without a limit. */
	get_attempts_available() {
		const left = this.told.tries_left;

		return left === null ? null : left + 1;
	}

	/* From 0 to 1, for those who watch. */
	set_progress(share) {
		say({ id: this.get_id(), progress: share });
	}

	print(text) {
		for (let at = 0; at < text.length; at += TRACE_MAX) {
			const piece = text.slice(at, at + TRACE_MAX);

			if (this.trace.length + piece.length > TRACE_MAX) {
				say({ id: this.get_id(), trace: this.trace });
				this.trace = '';
			}
			this.trace += piece;
		}
	}
}

/* A line in the output of the task. */
function mtrace(text, eol = '\n') {
	if (current !== null)
		current.print(text + eol);
	else
		process.stdout.write(text + eol);
}

/* Its message and stack; the task goes on. */
function mtrace_exception(error) {
	mtrace(error instanceof Error ? error.stack : String(error));
}

/* The next task gets a fresh process. */
function clear_static_caches() {
	if (current !== null)
		current.recycle = true;
}

async function outcome_of(task, known) {
	try {
		if (!known)
			throw new Error('this worker has no class for ' +
				task.told.class);
		await task.execute();
		return { status: 'ok', result: task.result };
	} catch (error) {
		if (error instanceof Snooze)
			return { status: 'snooze', next_in: error.seconds };
		mtrace_exception(error);
		if (error instanceof Permanent)
			return { status: 'permanent', error: error.message };
		return { status: 'retry', error: String(error) };
	}
}

/* One task: whether the worker may go on. */
async function perform(classes, line) {
	const name = JSON.parse(line).class;
	const known = Object.hasOwn(classes, name);
	const task = new (known ? classes[name] : AdhocTask)(line);

	current = task;
	const answer = await outcome_of(task, known);
	answer.id = task.get_id();
	answer.trace = task.trace;
	if (task.recycle)
		answer.recycle = true;
	current = null;
	say(answer);
	return !task.recycle;
}

/* Does tasks of these classes for as long as the runner has some. */
async function run(classes) {
	if (Number(process.env.TASKDIR_WORKER ?? 0) < VERSION) {
		console.error('this is a worker: it needs worker = yes in its ' +
			'class');
		process.exit(1);
	}
	socket = new net.Socket({ fd: 3, readable: true, writable: true,
		allowHalfOpen: true });
	say({ taskdir: VERSION, hello: path.basename(process.argv[1]) });
	for await (const line of readline.createInterface({ input: socket }))
		if (!await perform(classes, line))
			break;
	/* What was said goes out before the end. */
	socket.end(() => process.exit(0));
}

module.exports = { AdhocTask, Permanent, Snooze, clear_static_caches, mtrace,
	mtrace_exception, member_text, run };
