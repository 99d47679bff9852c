# Examples and scripts: nothing here is needed to build.
