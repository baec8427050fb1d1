select 1 as here
