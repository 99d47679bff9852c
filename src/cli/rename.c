#include "config.h"

#include "cli/rename.h"

const struct td_column td_rename_columns[] = {
	{ "id", "ID", 0 }, { "state", "STATE", 0 }, { "due", "DUE", 0 }, {0},
};

int
td_rename_due(const struct td_spool *spool, const struct td_found *found,
    uint64_t due)
{
	struct td_name name = found->name;
	char text[TD_NAME_SIZE];
	int rc;

	name.due = due;
	rc = td_name_format(text, &name);
	if (rc != 0)
		return rc;
	return td_spool_move(spool, found->state, found->text, found->state,
	    text);
}

void
td_rename_print(struct td_out *out, const struct td_found *found,
    enum td_state state, uint64_t due)
{
	td_out_row(out);
	td_out_text(out, "id", found->id);
	td_out_text(out, "state", td_state_name(state));
	td_out_due(out, "due", (int64_t)due);
	td_out_end(out);
}
