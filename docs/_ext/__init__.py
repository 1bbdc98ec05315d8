"""What the site needs beside its pages: tables and references made from the code itself."""
