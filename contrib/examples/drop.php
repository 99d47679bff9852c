<?php
/* Drops a task from PHP, without the taskdir command or any extension. */

function taskdir_drop(string $class, $data = null, array $members = []): void
{
    $spool = getenv('TASKDIR') ?: '/var/spool/taskdir';
    $json = json_encode(
        ['classname' => $class, 'customdata' => $data] + $members,
        JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE
    );
    $name = bin2hex(random_bytes(16)) . '.json';

    /* Aside, then renamed: the file appears whole, or not at all. */
    if (file_put_contents("$spool/tmp/$name", $json) !== strlen($json)) {
        @unlink("$spool/tmp/$name");
        throw new RuntimeException("cannot write to $spool/tmp");
    }
    if (!rename("$spool/tmp/$name", "$spool/new/$name")) {
        @unlink("$spool/tmp/$name");
        throw new RuntimeException("cannot rename into $spool/new");
    }
}

taskdir_drop('mod_forum\task\digest', ['forums' => [3, 7]], ['retry' => false]);
