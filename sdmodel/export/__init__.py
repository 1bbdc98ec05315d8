"""A run as a file of another program: tables, Vensim's data format, netCDF, Parquet."""
