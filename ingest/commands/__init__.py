"""The commands of the command line, a file each; `cli` holds the table of them."""
