#include "config.h"

/*
 * INI text: a refusal leaves nothing behind; what was set is found, and every
 * other entry is as it was; taking out what was new restores the entries.
 */
#include "fuzz.h"
#include "lib/ini.h"

#include <string.h>

#include "lib/taskdir.h"

struct word {
	const char *section, *name, *value;
};

bool
fuzz_accepts(const uint8_t *data, size_t size)
{
	struct td_ini ini;
	bool accepts = td_ini_parse(&ini, "f", (const char *)data, size,
	    NULL) == 0;

	td_ini_release(&ini);
	return accepts;
}

static bool
is_same(const struct td_ini_entry *a, const struct td_ini_entry *b)
{
	return strcmp(a->section, b->section) == 0 &&
	    strcmp(a->name, b->name) == 0 && strcmp(a->value, b->value) == 0;
}

static bool
is_named(const struct td_ini_entry *entry, const struct word *word)
{
	return strcmp(entry->section, word->section) == 0 &&
	    strcmp(entry->name, word->name) == 0;
}

/* The entries of A without its entry SKIP are those of B without B_SKIP. */
static void
check_others(const struct td_ini *a, const struct td_ini_entry *skip,
    const struct td_ini *b, const struct td_ini_entry *b_skip)
{
	size_t i = 0, j = 0;

	for (;;) {
		i += i < a->n && &a->entries[i] == skip;
		j += j < b->n && &b->entries[j] == b_skip;
		if (i >= a->n || j >= b->n)
			break;
		FUZZ_HOLDS(is_same(&a->entries[i++], &b->entries[j++]));
	}
	FUZZ_HOLDS(i >= a->n && j >= b->n);
}

/* After taking out: none of the name is left, all others are. */
static void
check_removed(const struct td_ini *before, const struct word *word,
    const char *text, size_t len)
{
	struct td_buf out = { 0 };
	struct td_ini after;
	size_t j = 0;

	FUZZ_HOLDS(td_ini_edit(&out, text, len, word->section, word->name,
	    NULL, NULL) == 0);
	FUZZ_HOLDS(td_ini_parse(&after, "f", td_buf_text(&out), out.len,
	    NULL) == 0);
	for (size_t i = 0; i < before->n; i++) {
		if (is_named(&before->entries[i], word))
			continue;
		FUZZ_HOLDS(j < after.n);
		FUZZ_HOLDS(is_same(&before->entries[i], &after.entries[j++]));
	}
	FUZZ_HOLDS(j == after.n);
	FUZZ_HOLDS(after.n_sections >= before->n_sections);
	td_ini_release(&after);
	td_buf_release(&out);
}

static void
check_edit(const struct td_ini *before, const struct word *word,
    const char *text, size_t len)
{
	const struct td_ini_entry *old = td_ini_find(before, word->section,
	    word->name), *new;
	struct td_buf out = { 0 };
	struct td_err err = { 0 };
	struct td_ini after;

	if (td_ini_edit(&out, text, len, word->section, word->name,
	    word->value, &err) != 0) {
		FUZZ_HOLDS(err.text[0] != '\0');
		td_buf_release(&out);
		return;
	}
	FUZZ_HOLDS(td_ini_parse(&after, "f", td_buf_text(&out), out.len,
	    NULL) == 0);
	new = td_ini_find(&after, word->section, word->name);
	FUZZ_HOLDS(new != NULL && strcmp(new->value, word->value) == 0);
	FUZZ_HOLDS(after.n == before->n + (old == NULL));
	check_others(before, old, &after, new);
	check_removed(before, word, td_buf_text(&out), out.len);
	td_ini_release(&after);
	td_buf_release(&out);
}

static void
check_edits(const struct td_ini *ini, const char *text, size_t len)
{
	/* A piece of the text itself is a value that knows its weak spots. */
	size_t piece_len = strnlen(text, len < 24 ? len : 24);
	char piece[25] = "";
	const struct word fixed[] = {
		{ "", "new", "1" }, { "s", "new", "1\n[s]\n# 2" },
		{ "class a]b", "x y", "" }, { "s", "a", piece },
		{ piece, "a", "1" }, { "s", piece, "1" },
	};

	memcpy(piece, text, piece_len);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		check_edit(ini, &fixed[i], text, len);
	for (size_t i = 0; i < ini->n && i < 8; i++) {
		const struct td_ini_entry *entry = &ini->entries[i];
		const struct word words[] = {
			{ entry->section, entry->name, "1\n2" },
			{ entry->section, entry->name, "" },
			{ entry->section, entry->name, entry->value },
			{ entry->section, entry->value, entry->name },
		};

		for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++)
			check_edit(ini, &words[j], text, len);
	}
}

static void
check_section_removal(const struct td_ini *before, const char *section,
    const char *text, size_t len)
{
	struct td_buf out = { 0 };
	struct td_ini after;
	size_t j = 0;

	FUZZ_HOLDS(td_ini_remove_section(&out, text, len, section, NULL) == 0);
	FUZZ_HOLDS(td_ini_parse(&after, "f", td_buf_text(&out), out.len,
	    NULL) == 0);
	for (size_t i = 0; i < before->n; i++) {
		if (strcmp(before->entries[i].section, section) == 0)
			continue;
		FUZZ_HOLDS(j < after.n);
		FUZZ_HOLDS(is_same(&before->entries[i], &after.entries[j++]));
	}
	FUZZ_HOLDS(j == after.n);
	for (size_t i = 0; i < after.n_sections; i++)
		FUZZ_HOLDS(strcmp(after.sections[i].name, section) != 0);
	td_ini_release(&after);
	td_buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct td_buf out = { 0 };
	struct td_err err = { 0 };
	struct td_ini ini;

	if (td_ini_parse(&ini, "f", text, size, &err) != 0) {
		FUZZ_HOLDS(err.text[0] == 'f' && err.text[1] == ':');
		FUZZ_HOLDS(ini.n == 0 && ini.n_sections == 0);
		FUZZ_HOLDS(td_ini_edit(&out, text, size, "s", "a", "1",
		    NULL) == TASKDIR_EFORMAT);
		td_buf_release(&out);
		return 0;
	}
	check_edits(&ini, text, size);
	for (size_t i = 0; i < ini.n_sections && i < 8; i++)
		check_section_removal(&ini, ini.sections[i].name, text, size);
	td_ini_release(&ini);
	return 0;
}
