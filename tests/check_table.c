#include "config.h"

#include "cli/table.h"
#include "harness.h"

#include <string.h>

static const struct td_column columns[] = {
	{ "id", "ID", 0 },
	{ "tries", "TRIES", TD_COLUMN_RIGHT | TD_COLUMN_SPARE },
	{ "class", "CLASS", TD_COLUMN_CUT },
	{ "note", "NOTE", 0 },
	{0},
};

static void
add(struct td_table *table, const char *id, const char *tries,
    const char *class_name)
{
	td_table_set(table, 0, id, strlen(id), TD_STYLE_PLAIN);
	td_table_set(table, 1, tries, strlen(tries), TD_STYLE_PLAIN);
	td_table_set(table, 2, class_name, strlen(class_name), TD_STYLE_BAD);
	(void)td_table_end_row(table);
}

static void
shows(const struct td_table_look *look, const char *want)
{
	struct td_table table = {0};
	struct td_buf out = {0};

	td_table_begin(&table, columns);
	add(&table, "a", "0", "greet");
	add(&table, "long-id", "12", "a.rather.long.class.name");
	td_table_print(&table, &out, look);
	ck_assert_str_eq(td_buf_text(&out), want);
	td_buf_release(&out);
	td_table_release(&table);
}

START_TEST(columns_are_aligned_and_empty_ones_left_out)
{
	shows(&(struct td_table_look){0},
	    "a         0  greet\n"
	    "long-id  12  a.rather.long.class.name\n");
}
END_TEST

START_TEST(headings_take_part_in_the_widths)
{
	shows(&(struct td_table_look){ .heading = true, .indent = 1 },
	    " ID       TRIES  CLASS\n"
	    " a            0  greet\n"
	    " long-id     12  a.rather.long.class.name\n");
}
END_TEST

START_TEST(a_narrow_terminal_cuts_what_may_be_cut)
{
	shows(&(struct td_table_look){ .width = 25 },
	    "a         0  greet\n"
	    "long-id  12  a.rather....\n");
	shows(&(struct td_table_look){ .width = 21 },
	    "a         0  greet\n"
	    "long-id  12  a.rat...\n");
}
END_TEST

START_TEST(a_narrower_one_does_without_what_is_spare)
{
	shows(&(struct td_table_look){ .width = 20, .heading = true },
	    "ID       CLASS\n"
	    "a        greet\n"
	    "long-id  a.rather...\n");
	shows(&(struct td_table_look){ .width = 10 },
	    "a        greet\n"
	    "long-id  a.rat...\n");
}
END_TEST

START_TEST(the_end_stays_where_it_tells_more)
{
	static const struct td_column ends[] = {
		{ "class", "", TD_COLUMN_CUT | TD_COLUMN_END },
		{ "id", "", 0 }, {0},
	};
	static const char *const names[] = {
		"dispatch_event_task\\crm", "\303\251\303\251x",
		"dispatch_event_task\\\303\251",
	};
	struct td_table table = {0};
	struct td_buf out = {0};

	td_table_begin(&table, ends);
	for (size_t i = 0; i < 3; i++) {
		td_table_set(&table, 0, names[i], strlen(names[i]),
		    TD_STYLE_BAD);
		td_table_set(&table, 1, "y", 1, TD_STYLE_PLAIN);
		(void)td_table_end_row(&table);
	}
	td_table_print(&table, &out, &(struct td_table_look){ .width = 14,
		.color = true });
	ck_assert_str_eq(td_buf_text(&out),
	    "...\033[31mtask\\crm\033[0m  y\n"
	    "\033[31m\303\251\303\251x\033[0m          y\n"
	    "...\033[31mt_task\\\303\251\033[0m  y\n");
	td_buf_release(&out);
	td_table_release(&table);
}
END_TEST

START_TEST(one_long_cell_pads_no_other_line)
{
	struct td_table table = {0};
	struct td_buf out = {0};
	char name[1001] = "";

	memset(name, 'x', sizeof(name) - 1);
	td_table_begin(&table, columns);
	for (int i = 0; i < 3; i++) {
		add(&table, "a", "0", i == 1 ? name : "y");
		td_table_set(&table, 3, "z", 1, TD_STYLE_PLAIN);
	}
	add(&table, "b", "0", "y");
	td_table_print(&table, &out, &(struct td_table_look){0});
	ck_assert_uint_lt(out.len, 1000 + 3 * 100);
	ck_assert_ptr_nonnull(strstr(td_buf_text(&out), name));
	ck_assert_ptr_null(strstr(td_buf_text(&out), "..."));
	td_buf_release(&out);
	td_table_release(&table);
}
END_TEST

START_TEST(color_wraps_the_cell_only)
{
	shows(&(struct td_table_look){ .color = true },
	    "a         0  \033[31mgreet\033[0m\n"
	    "long-id  12  \033[31ma.rather.long.class.name\033[0m\n");
}
END_TEST

START_TEST(widths_count_characters)
{
	struct td_table table = {0};
	struct td_buf out = {0};

	td_table_begin(&table, columns);
	add(&table, "\303\251\303\251", "0", "x");
	add(&table, "abc", "1", "y");
	td_table_print(&table, &out, &(struct td_table_look){0});
	ck_assert_str_eq(td_buf_text(&out),
	    "\303\251\303\251   0  x\nabc  1  y\n");
	td_buf_release(&out);
	td_table_release(&table);
}
END_TEST

START_TEST(a_long_table_is_printed_in_parts)
{
	struct td_table table = {0};
	struct td_buf out = {0};
	unsigned parts = 0;

	td_table_begin(&table, columns);
	for (int i = 0; i < 2 * TD_TABLE_LOOK_AHEAD; i++) {
		td_table_set(&table, 0, "x", 1, TD_STYLE_PLAIN);
		if (!td_table_end_row(&table))
			continue;
		parts++;
		td_table_print(&table, &out, &(struct td_table_look){0});
	}
	ck_assert_uint_eq(parts, 2);
	ck_assert_uint_eq(out.len, 2 * 2 * TD_TABLE_LOOK_AHEAD);
	td_buf_release(&out);
	td_table_release(&table);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ columns_are_aligned_and_empty_ones_left_out, 0 },
		{ headings_take_part_in_the_widths, 0 },
		{ a_narrow_terminal_cuts_what_may_be_cut, 0 },
		{ a_narrower_one_does_without_what_is_spare, 0 },
		{ the_end_stays_where_it_tells_more, 0 },
		{ one_long_cell_pads_no_other_line, 0 },
		{ color_wraps_the_cell_only, 0 },
		{ widths_count_characters, 0 },
		{ a_long_table_is_printed_in_parts, 0 },
	};

	return td_harness_run("table", tests,
	    sizeof(tests) / sizeof(tests[0]));
}
