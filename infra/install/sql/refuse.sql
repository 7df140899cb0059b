raise exception 'the % % exists already, and is not what Rollcall made', kind, name
    using hint = 'In rollcall.toml, [trigger] mode = "watch" leaves the trigger and its function '
        'as they are, and adopt = true replaces them and keeps the old for --uninstall. '
        'Anything else has to be renamed first.';
