#include "config.h"

/* Names: parse and format undo each other, and a refusal changes nothing. */
#include "fuzz.h"
#include "lib/name.h"

#include <string.h>

/* A text of its own, with its NUL; a NUL inside ends it. */
static char *
text_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	FUZZ_HOLDS(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

bool
fuzz_accepts(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);
	struct td_name name;
	bool accepts = td_name_parse(&name, text) == 0;

	free(text);
	return accepts;
}

static void
check_name(const char *text)
{
	static const struct td_name empty;
	struct td_name name = empty;
	char again[TD_NAME_SIZE], class_name[TD_NAME_CLASS_SIZE];
	char encoded[TD_NAME_CLASS_SIZE];

	if (td_name_parse(&name, text) != 0) {
		FUZZ_HOLDS(memcmp(&name, &empty, sizeof(name)) == 0);
		return;
	}
	FUZZ_HOLDS(td_name_format(again, &name) == 0);
	FUZZ_HOLDS(strcmp(again, text) == 0);
	FUZZ_HOLDS(strlen(text) < TD_NAME_SIZE - 1);
	FUZZ_HOLDS(strchr(text, '/') == NULL);
	FUZZ_HOLDS(!td_name_is_ignored(text));
	FUZZ_HOLDS(name.due <= TD_NAME_DUE_MAX);
	FUZZ_HOLDS(name.tries <= TD_NAME_TRIES_MAX);
	FUZZ_HOLDS(td_name_id_is_valid(name.id, name.id_len));
	FUZZ_HOLDS(td_name_class_is_valid(name.class_enc, name.class_len));
	td_name_decode_class(class_name, name.class_enc, name.class_len);
	FUZZ_HOLDS(td_name_encode_class(encoded, class_name,
	    strlen(class_name)) == 0);
	FUZZ_HOLDS(strlen(encoded) == name.class_len);
	FUZZ_HOLDS(memcmp(encoded, name.class_enc, name.class_len) == 0);
}

/* The same bytes as a class that a person wrote. */
static void
check_class(const char *text, size_t len)
{
	char encoded[TD_NAME_CLASS_SIZE] = "as it was";
	char class_name[TD_NAME_CLASS_SIZE], again[TD_NAME_CLASS_SIZE];
	size_t where = len + 1;
	const char *fault = td_name_class_fault(&where, text, len);

	if (td_name_encode_class(encoded, text, len) != 0) {
		FUZZ_HOLDS(strcmp(encoded, "as it was") == 0);
		FUZZ_HOLDS(fault != NULL && where <= len);
		return;
	}
	FUZZ_HOLDS(fault == NULL && where == len + 1);
	FUZZ_HOLDS(td_name_class_is_valid(encoded, strlen(encoded)));
	FUZZ_HOLDS(strstr(encoded, "%5C.") == NULL && encoded[0] != '.');
	td_name_decode_class(class_name, encoded, strlen(encoded));
	FUZZ_HOLDS(td_name_encode_class(again, class_name,
	    strlen(class_name)) == 0);
	FUZZ_HOLDS(strcmp(encoded, again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = text_of(data, size);

	check_name(text);
	check_class(text, size);
	(void)td_name_class_is_valid(text, size);
	(void)td_name_id_is_valid(text, size);
	free(text);
	return 0;
}
