! Two epidemics: as the model has it, and with fewer contacts
SPECIAL>LOADMODEL|epidemic.mdl
SIMULATE>SAVELIST|epidemic.lst
SIMULATE>RUNNAME|free
MENU>RUN|o
MENU>VDF2TAB|!|epidemic_runs.tab|||50|||:free
SIMULATE>READCIN|epidemic_slow.cin
SIMULATE>SETVAL|beds=400
SIMULATE>RUNNAME|slow
MENU>RUN|o
MENU>VDF2TAB|slow.vdfx|epidemic_runs.tab||+!|50|||:slow
MENU>EXIT
