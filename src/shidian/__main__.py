"""`python -m shidian`: the same command as `shidian`."""

from shidian.cli.main import main

if __name__ == "__main__":
    main(prog_name="shidian")
