<%@ page contentType="text/plain" %>
<% session.setAttribute("asked", request.getParameter("of")); %>
sum <%= java.util.stream.IntStream.rangeClosed(1, Integer.parseInt(request.getParameter("of"))).sum() %>
