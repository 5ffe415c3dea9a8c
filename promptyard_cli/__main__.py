"""`python -m promptyard_cli`: the same as `promptyard`."""

from promptyard_cli.main import main

if __name__ == "__main__":
    main()
